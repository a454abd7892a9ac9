import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Identity, Me } from '../common/identity.js';
import { ConversationsResponse, UnreadResponse } from './dto/conversations.response.js';
import { ListConversationsDto } from './dto/list-conversations.dto.js';
import { InboxService } from './inbox.service.js';

@ApiTags('Conversations')
@ApiBearerAuth()
@Controller('conversations')
export class InboxController {
  constructor(private readonly inbox: InboxService) {}

  @Get()
  @ApiOperation({
    operationId: 'listConversations',
    summary: 'My conversations',
    description:
      'Pinned first, then those with the newest message; those without a message come last of their kind. A ' +
      'conversation is listed once it has a message that I may see, or something was set for it. Looking at the ' +
      'list marks nothing as delivered or read.',
  })
  @ApiOkResponse({ type: ConversationsResponse, description: 'A page of the list.' })
  async list(@Me() me: Identity, @Query() query: ListConversationsDto): Promise<ConversationsResponse> {
    return { success: true, ...(await this.inbox.list(me, query)) };
  }

  @Get('unread')
  @ApiOperation({
    operationId: 'countUnread',
    summary: 'How many messages I have not read',
    description:
      'Exactly the messages of others above what I have read. Conversations without any are left out.',
  })
  @ApiOkResponse({ type: UnreadResponse, description: 'The counts.' })
  async unread(@Me() me: Identity): Promise<UnreadResponse> {
    return { success: true, ...(await this.inbox.unread(me)) };
  }
}
