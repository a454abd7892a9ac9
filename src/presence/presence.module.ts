import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { PresenceService } from './presence.service.js';

/** Who is online. */
@Module({
  imports: [UsersModule],
  providers: [PresenceService],
  exports: [PresenceService],
})
export class PresenceModule {}
