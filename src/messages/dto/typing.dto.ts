import { IdField } from '../../common/validation/fields.js';

export class TypingDto {
  @IdField({ description: 'Who the text is for.' })
  recipientId!: string;
}
