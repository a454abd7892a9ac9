import { QueryNumberField, TextField } from '../../common/validation/fields.js';

export class ListConversationsDto {
  @QueryNumberField({ description: 'Most conversations.', min: 1, max: 100, default: 50, optional: true })
  limit?: number;

  @TextField({
    description: 'The `nextCursor` of the page before.',
    min: 1,
    max: 200,
    optional: true,
  })
  cursor?: string;
}
