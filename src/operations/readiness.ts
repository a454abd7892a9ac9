import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { ChatError } from '../common/errors/chat-error.js';
import { RedisLink } from '../redis/redis-link.js';

/** How long the database may take to answer, in milliseconds, before it counts as away. */
const PING_TIMEOUT = 2000;

/** Whether this node can serve: started, not stopping, and its database answers. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  private isServing = false;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    @Inject(RedisLink) private readonly redis: RedisLink | null,
  ) {}

  /** Said once the port is open. */
  begin(): void {
    this.isServing = true;
  }

  /** Said first of all at a stop. */
  end(): void {
    this.isServing = false;
  }

  onModuleDestroy(): void {
    this.end();
  }

  /** What is missing while the node serves without it. */
  get missing(): 'redis'[] {
    return this.redis && !this.redis.isUp ? ['redis'] : [];
  }

  /** @throws ChatError `unavailable` */
  async assert(): Promise<void> {
    if (!this.isServing)
      throw new ChatError('unavailable', { message: 'The service is starting or stopping.' });
    await this.ping();
  }

  private async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ChatError('unavailable')), PING_TIMEOUT);
    });
    try {
      await Promise.race([this.connection.db?.command({ ping: 1 }), late]);
    } catch (cause) {
      throw new ChatError('unavailable', { message: 'The database does not answer.', cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
