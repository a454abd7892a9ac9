import { type DynamicModule, Global, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { RedisLink } from './redis-link.js';

/** The connection to Redis, where one is configured; `null` for a node alone. */
@Global()
@Module({})
export class RedisModule implements OnModuleDestroy {
  constructor(@Inject(RedisLink) private readonly link: RedisLink | null) {}

  /** @param url - `undefined` for a node alone */
  static at(url: string | undefined): DynamicModule {
    return {
      module: RedisModule,
      providers: [{ provide: RedisLink, useFactory: () => open(url) }],
      exports: [RedisLink],
    };
  }

  async onModuleDestroy(): Promise<void> {
    await this.link?.close();
  }
}

async function open(url: string | undefined): Promise<RedisLink | null> {
  if (!url) return null;
  const link = new RedisLink(url);
  await link.open();
  return link;
}
