import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AccessGuard } from './auth/access.guard.js';
import { AuthModule } from './auth/auth.module.js';
import { CommonModule } from './common/common.module.js';
import { HttpErrorFilter } from './common/http/http-error.filter.js';
import { StrictInputGuard } from './common/validation/strict-input.guard.js';
import { StrictValidationPipe } from './common/validation/validation.pipe.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { DatabaseModule } from './database/database.module.js';
import { FriendsModule } from './friends/friends.module.js';
import { InboxModule } from './inbox/inbox.module.js';
import { LimitsGuard } from './limits/limits.guard.js';
import { LimitsModule } from './limits/limits.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { PresenceModule } from './presence/presence.module.js';
import { RedisModule } from './redis/redis.module.js';
import { EVENT_GUARDS } from './realtime/event-handlers.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { UsersModule } from './users/users.module.js';

/** The map of the service: one import per feature, and what every request and event passes. */
@Module({})
export class AppModule {
  static with(config: AppConfig, mongoUri: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        DatabaseModule.at(mongoUri),
        CommonModule,
        RedisModule.at(config.REDIS_URL),
        LimitsModule,
        RealtimeModule,
        OperationsModule,
        UsersModule,
        AuthModule,
        PresenceModule,
        ConversationsModule,
        FriendsModule,
        MessagesModule,
        InboxModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: HttpErrorFilter },
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_GUARD, useExisting: LimitsGuard },
        { provide: APP_GUARD, useClass: StrictInputGuard },
        { provide: EVENT_GUARDS, useFactory: (access: AccessGuard) => [access], inject: [AccessGuard] },
        { provide: APP_PIPE, useClass: StrictValidationPipe },
      ],
    };
  }
}
