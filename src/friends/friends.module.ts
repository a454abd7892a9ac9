import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { UsersModule } from '../users/users.module.js';
import { Appearances } from './appearances.js';
import { BlockFanOut } from './block-fan-out.js';
import { FriendEntries } from './friend-entries.js';
import { FriendEvents } from './friend-events.js';
import { FriendsController } from './friends.controller.js';
import { FriendsService } from './friends.service.js';
import { FriendshipChanges } from './friendship-changes.js';
import { FriendshipRow, FriendshipSchema } from './friendship.schema.js';
import { FriendshipsRepository } from './friendships.repository.js';
import { PeopleController } from './people.controller.js';
import { PeopleLists } from './people-lists.js';
import { PeopleService } from './people.service.js';
import { PresenceFanOut } from './presence-fan-out.js';
import { PresenceLine } from './presence-line.js';
import { RequestsController } from './requests.controller.js';
import { RequestsService } from './requests.service.js';

/** Friends: requests, the list, finding people, and who hears of whose presence. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: FriendshipRow.name, schema: FriendshipSchema }]),
    UsersModule,
    PresenceModule,
    ConversationsModule,
  ],
  controllers: [RequestsController, FriendsController, PeopleController],
  providers: [
    FriendsService,
    RequestsService,
    PeopleLists,
    PeopleService,
    FriendshipChanges,
    FriendshipsRepository,
    FriendEntries,
    FriendEvents,
    Appearances,
    PresenceLine,
    PresenceFanOut,
    BlockFanOut,
  ],
  exports: [FriendsService, Appearances, FriendshipsRepository, PeopleLists],
})
export class FriendsModule {}
