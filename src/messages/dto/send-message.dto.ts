import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { IdField, TextField, UrlField } from '../../common/validation/fields.js';
import type { SendMessage } from '../../realtime/client-events.js';
import type { Attachment, AttachmentType } from '../../realtime/wire.js';

const TYPES: AttachmentType[] = ['image', 'video', 'file'];

export class AttachmentDto implements Attachment {
  @IsIn(TYPES, { message: 'must be image, video or file' })
  @ApiProperty({ enum: TYPES })
  type!: AttachmentType;

  @UrlField({ description: 'Where it was uploaded to.', example: 'https://example.com/image.jpg' })
  url!: string;
}

const TO_BOB = { recipientId: '63b8c3b9e4b0e4b8c8e1b1a3' };
export const SENDS = {
  'A text': { value: { ...TO_BOB, text: 'Hello there!' } },
  'A picture': {
    value: { ...TO_BOB, attachment: { type: 'image', url: 'https://example.com/image.jpg' } },
  },
  'Safe to send again': { value: { ...TO_BOB, text: 'Hello there!', clientMessageId: 'b0c7f2a4-1' } },
};

export class SendMessageDto implements SendMessage {
  @IdField({ description: 'Who it is for.', example: '63b8c3b9e4b0e4b8c8e1b1a3' })
  recipientId!: string;

  @TextField({
    description: 'May be missing or empty only with an attachment. Stored and returned as sent.',
    max: 10_000,
    optional: true,
    example: 'Hello there!',
  })
  text?: string;

  @ValidateIf((_, value: unknown) => value !== undefined && value !== null)
  @IsObject({ message: 'must be an object' })
  @ValidateNested()
  @Type(() => AttachmentDto)
  @ApiProperty({ type: AttachmentDto, required: false, nullable: true, description: '`null` means none.' })
  attachment?: AttachmentDto | null;

  @TextField({
    description:
      'Idempotency key, unique per sender and conversation for ever: the same again returns the stored message.',
    min: 1,
    max: 64,
    pattern: { regex: /^[A-Za-z0-9_-]+$/, says: 'consist of A-Z, a-z, 0-9, _ and -' },
    optional: true,
    example: 'b0c7f2a4-1',
  })
  clientMessageId?: string;
}
