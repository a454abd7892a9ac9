import { ApiProperty } from '@nestjs/swagger';
import { ApiId } from '../../common/api-fields.js';
import type { ConversationMetadata } from '../../realtime/wire.js';

/** What one person has set for the conversation with another. */
export class MetadataResponse implements ConversationMetadata {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1c5')
  _id!: string;

  @ApiId('63b8c3b9e4b0e4b8c8e1b1a1', 'Whose settings these are.')
  userId!: string;

  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  otherUserId!: string;

  @ApiProperty({ example: true })
  isPinned!: boolean;

  @ApiProperty({ example: false })
  isBlocked!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'ringtone_url' })
  customRingtone!: string | null;

  @ApiProperty({ example: true })
  isFavorite!: boolean;
}
