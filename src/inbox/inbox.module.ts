import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { FriendsModule } from '../friends/friends.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { UsersModule } from '../users/users.module.js';
import { CatchUpSource } from './catch-up-source.js';
import { ConversationViews } from './conversation-views.js';
import { GivenTokens } from './given.js';
import { InboxController } from './inbox.controller.js';
import { InboxService } from './inbox.service.js';
import { ListCursor } from './list-cursor.js';
import { Portions } from './portions.js';
import { Seals } from './seals.js';
import { SyncController } from './sync.controller.js';
import { SyncGateway } from './sync.gateway.js';
import { SyncService } from './sync.service.js';

/** The conversation list, unread messages and what a device missed: what one person sees of it all. */
@Module({
  imports: [UsersModule, ConversationsModule, FriendsModule, MessagesModule],
  controllers: [InboxController, SyncController],
  providers: [
    CatchUpSource,
    ConversationViews,
    GivenTokens,
    InboxService,
    ListCursor,
    Portions,
    Seals,
    SyncGateway,
    SyncService,
  ],
})
export class InboxModule {}
