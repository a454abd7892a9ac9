import { Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { RedisLink } from '../redis/redis-link.js';
import { UsersModule } from '../users/users.module.js';
import { InMemoryLeases } from './in-memory-leases.js';
import { Leases } from './leases.js';
import { PresenceService } from './presence.service.js';
import { RedisLeases } from './redis-leases.js';

/**
 * How long a node that is not heard of counts as alive, in milliseconds: after a crash its people look online for so
 * long. Clients that connect again elsewhere need a few seconds.
 */
const LEASE_MS = 10_000;

/** Who is online. */
@Module({
  imports: [UsersModule],
  providers: [
    {
      provide: Leases,
      useFactory: (redis: RedisLink | null, { PRESENCE_GRACE_MS: graceMs }: AppConfig) =>
        redis ? new RedisLeases(redis, { graceMs, leaseMs: LEASE_MS }) : new InMemoryLeases(graceMs),
      inject: [RedisLink, AppConfig],
    },
    PresenceService,
  ],
  exports: [PresenceService],
})
export class PresenceModule {}
