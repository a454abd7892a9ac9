import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { PresenceModule } from '../presence/presence.module.js';
import { UsersModule } from '../users/users.module.js';
import { BlocksService } from './blocks.service.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { MetadataRepository } from './metadata.repository.js';
import { MetadataRow, MetadataSchema } from './metadata.schema.js';

/** What a person has set for another, blocks above all. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: MetadataRow.name, schema: MetadataSchema }]),
    UsersModule,
    PresenceModule,
  ],
  controllers: [ConversationsController],
  providers: [ConversationsService, BlocksService, MetadataRepository],
  exports: [ConversationsService, BlocksService, MetadataRepository],
})
export class ConversationsModule {}
