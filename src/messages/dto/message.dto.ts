import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiTime } from '../../common/api-fields.js';
import type { Message, MessageStatus } from '../../realtime/wire.js';
import { AttachmentDto } from './send-message.dto.js';

/** The message object. */
export class MessageDto implements Message {
  @ApiId('6745e3a1c2a4f0b1d2e3f405')
  _id!: string;

  @ApiId('9f86d081884c7d659a2feaa0')
  conversationId!: string;

  @ApiId('63b8c3b9e4b0e4b8c8e1b1a2')
  senderId!: string;

  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  recipientId!: string;

  @ApiProperty({ example: 'Hello there!' })
  text!: string;

  @ApiProperty({ type: AttachmentDto, required: false })
  attachment?: AttachmentDto;

  @ApiTime('2026-11-24T09:30:00.000Z')
  createdAt!: string;

  @ApiProperty({ enum: ['sent', 'delivered', 'read'] })
  status!: MessageStatus;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    example: 7,
    description: 'Without gaps within the conversation.',
  })
  seq!: number;

  @ApiProperty({ required: false, example: 'b0c7f2a4-1' })
  clientMessageId?: string;
}
