import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { RedisLink } from './redis-link.js';

/** The connection to Redis, where one is configured; `null` for a node alone. */
@Global()
@Module({})
export class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(RedisLink) private readonly link: RedisLink | null) {}

  /** @param url - `undefined` for a node alone */
  static at(url: string | undefined): DynamicModule {
    return {
      module: RedisModule,
      providers: [{ provide: RedisLink, useFactory: () => open(url) }],
      exports: [RedisLink],
    };
  }

  /** Last of all: what is in flight at a stop is still told to other nodes. */
  async onApplicationShutdown(): Promise<void> {
    await this.link?.close();
  }
}

async function open(url: string | undefined): Promise<RedisLink | null> {
  if (!url) return null;
  const link = new RedisLink(url);
  await link.open();
  return link;
}
