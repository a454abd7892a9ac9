import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess } from '../../common/api-fields.js';
import { FriendResponse } from '../../friends/dto/friend.response.js';
import { RequestResponse } from '../../friends/dto/request.response.js';
import { MessageDto } from '../../messages/dto/message.dto.js';
import type { SyncAnswer, SyncedConversation } from '../../realtime/wire.js';
import { ConversationStateResponse } from './conversations.response.js';

export class SyncedConversationResponse extends ConversationStateResponse implements SyncedConversation {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  otherUserId!: string;

  @ApiProperty({
    example: 'AQAAAAAABz2SqxSaXt9h0kY3_mXf6vV8qtI4',
    description: 'To be given with the next sync. Opaque.',
  })
  token!: string;

  @ApiProperty({ type: [MessageDto], description: 'Oldest first.' })
  messages!: MessageDto[];

  @ApiProperty({
    example: false,
    description:
      'Whether there are older messages that neither this answer nor the token it continues from holds.',
  })
  hasOlder!: boolean;
}

class SyncedPeopleResponse {
  @ApiProperty({
    example: 'kX1vVQ0m7cN2bF0w3sGdSx0Tq5k',
    description: 'To be given with the next sync. Opaque.',
  })
  token!: string;

  @ApiProperty({ type: [FriendResponse], description: 'By name, with their presence.' })
  friends!: FriendResponse[];

  @ApiProperty({ type: [RequestResponse], description: 'By others, newest first.' })
  incoming!: RequestResponse[];

  @ApiProperty({ type: [RequestResponse], description: 'By me, newest first.' })
  outgoing!: RequestResponse[];
}

export class SyncResponse implements SyncAnswer {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [SyncedConversationResponse], description: 'Those with something new.' })
  conversations!: SyncedConversationResponse[];

  @ApiProperty({
    type: SyncedPeopleResponse,
    required: false,
    description: 'Where they were asked for and have changed, presence included.',
  })
  people?: SyncedPeopleResponse;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where there is more, what to repeat the call with.',
  })
  cursor!: string | null;
}
