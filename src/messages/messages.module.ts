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
import { OverviewRepository } from './overview.repository.js';
import { ReceiptLog } from './receipt-log.js';
import { ReceiptRow, ReceiptSchema } from './receipt.schema.js';
import { ReceiptsController } from './receipts.controller.js';
import { ReceiptsGateway } from './receipts.gateway.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { ReceiptsService } from './receipts.service.js';
import { Relations } from './relations.js';
import { TypingService } from './typing.service.js';

/** What people say to each other, and what became of it. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: MessageRow.name, schema: MessageSchema },
      { name: ReceiptRow.name, schema: ReceiptSchema },
    ]),
    UsersModule,
    ConversationsModule,
    FriendsModule,
  ],
  controllers: [MessagesController, ReceiptsController],
  providers: [
    HistoryService,
    MessageLog,
    MessageMetrics,
    MessagesGateway,
    MessagesRepository,
    MessagesService,
    OverviewRepository,
    ReceiptLog,
    ReceiptsGateway,
    ReceiptsRepository,
    ReceiptsService,
    Relations,
    TypingService,
  ],
  exports: [MessagesRepository, OverviewRepository, ReceiptsRepository, ReceiptsService],
})
export class MessagesModule {}
