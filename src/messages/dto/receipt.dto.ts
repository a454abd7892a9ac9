import { ApiProperty } from '@nestjs/swagger';
import { ApiSuccess } from '../../common/api-fields.js';
import { IdField, NumberField } from '../../common/validation/fields.js';

/** How far a person is in a conversation. */
export class ReceiptDto {
  @IdField({ description: 'The conversation.' })
  conversationId!: string;

  @NumberField({ description: 'Up to and including this number.', min: 1, max: Number.MAX_SAFE_INTEGER })
  seq!: number;
}

/** Up to where the conversation was read. */
export class MarkReadDto {
  @NumberField({
    description: 'Up to and including this number.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    example: 7,
  })
  seq!: number;
}

export class MarkedReadResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 2,
    description: 'Messages of the other that are still unread.',
  })
  unreadCount!: number;
}
