import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { FriendsModule } from '../friends/friends.module.js';
import { UsersModule } from '../users/users.module.js';
import { HistoryService } from './history.service.js';
import { MessageLog } from './message-log.js';
import { MessageMetrics } from './message-metrics.js';
import { MessageRow, MessageSchema } from './message.schema.js';
import { MessagesController } from './messages.controller.js';
import { MessagesGateway } from './messages.gateway.js';
import { MessagesRepository } from './messages.repository.js';
import { MessagesService } from './messages.service.js';
import { Relations } from './relations.js';
import { TypingService } from './typing.service.js';

@Module({
  imports: [
    MongooseModule.forFeature([{ name: MessageRow.name, schema: MessageSchema }]),
    UsersModule,
    ConversationsModule,
    FriendsModule,
  ],
  controllers: [MessagesController],
  providers: [
    HistoryService,
    MessageLog,
    MessageMetrics,
    MessagesGateway,
    MessagesRepository,
    MessagesService,
    Relations,
    TypingService,
  ],
})
export class MessagesModule {}
