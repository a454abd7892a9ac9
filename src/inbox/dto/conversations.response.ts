import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { ApiId, ApiSuccess } from '../../common/api-fields.js';
import { MetadataResponse } from '../../conversations/dto/metadata.response.js';
import { FriendResponse } from '../../friends/dto/friend.response.js';
import { MessageDto } from '../../messages/dto/message.dto.js';
import type { Conversation, ConversationState, Marks } from '../../realtime/wire.js';

class MarksResponse implements Marks {
  @ApiProperty({ type: 'integer', minimum: 0, example: 7, description: 'How far I am.' })
  mine!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 6,
    description: 'How far the other is, as shown to me.',
  })
  theirs!: number;
}

/** Where a conversation stands. */
export class ConversationStateResponse implements ConversationState {
  @ApiId('9f86d081884c7d659a2feaa0')
  conversationId!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 7,
    description: 'The `seq` of the last message that I may see; 0 where there is none.',
  })
  lastSeq!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 2,
    description: 'Messages of the other above `read.mine`.',
  })
  unreadCount!: number;

  @ApiProperty({ type: MarksResponse, description: 'Read up to and including this `seq`.' })
  read!: MarksResponse;

  @ApiProperty({ type: MarksResponse, description: 'Delivered up to and including this `seq`.' })
  delivered!: MarksResponse;

  @ApiProperty({ type: MetadataResponse })
  metadata!: MetadataResponse;
}

@ApiExtraModels(MessageDto)
export class ConversationResponse extends ConversationStateResponse implements Conversation {
  @ApiProperty({
    type: FriendResponse,
    description: 'Presence is shown of friends only; of others `false` and `null`.',
  })
  otherUser!: FriendResponse;

  @ApiProperty({
    description: 'The last message that I may see; `null` where there is none.',
    oneOf: [{ $ref: getSchemaPath(MessageDto) }, { type: 'object', nullable: true, enum: [null] }],
  })
  lastMessage!: MessageDto | null;
}

export class ConversationsResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [ConversationResponse], description: 'Pinned first, then newest first.' })
  conversations!: ConversationResponse[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'For the next page, as `cursor`; `null` at the end.',
  })
  nextCursor!: string | null;
}

export class UnreadResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: 'integer', minimum: 0, example: 3 })
  total!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 1 },
    description: 'By the id of the other person.',
    example: { '63b8c3b9e4b0e4b8c8e1b1a3': 3 },
  })
  conversations!: Record<string, number>;
}
