import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { messageOf } from '../common/message-of.js';
import { within } from '../common/within.js';
import { ConfigError } from '../config/config-error.js';

/** How long Redis may take to answer before it counts as away, in milliseconds. */
const PATIENCE = 1000;

/** How often it is asked, in milliseconds. */
const ASK_EVERY = 500;

/** How long the start waits for it, in milliseconds. */
const START_PATIENCE = 2000;

/** The first version with sharded pub/sub. */
const OLDEST = 7;

/**
 * Two connections to Redis, one for commands and one that hears. It carries only what may be lost, and may be away or
 * hang at any time, so nobody waits for it longer than a second: a command fails at once while it is away.
 */
export class RedisLink {
  readonly commands: Redis;
  readonly hearing: Redis;
  private readonly logger = new Logger('Redis');
  private readonly listeners: (() => void)[] = [];
  private readonly closing = new AbortController();
  private watching: Promise<void> | undefined;
  private answers = false;
  private wasSaid = false;

  /** @param url - `redis://` or `rediss://`, which may hold a password and is never logged */
  constructor(url: string) {
    const options = {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: PATIENCE,
      commandTimeout: PATIENCE,
      // Who hears subscribes again itself, since only it knows when it may count on it.
      autoResubscribe: false,
      enableAutoPipelining: true,
      retryStrategy: (times: number) => Math.min(times * 100, 1000),
    };
    this.commands = new Redis(url, { ...options, connectionName: 'reals2chat' });
    this.hearing = new Redis(url, { ...options, connectionName: 'reals2chat-hearing' });
    // Without a listener a refused connection would end the process; that it is away is said once, by the watch.
    for (const one of [this.commands, this.hearing]) one.on('error', () => undefined);
  }

  /** Whether Redis answers. */
  get isUp(): boolean {
    return this.answers;
  }

  /** Calls back whenever Redis answers again after it was away; also the first time. */
  onUp(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Connects, and keeps an eye on it from now on. Redis may be away: then it is used when it comes.
   *
   * @throws ConfigError if it is too old
   */
  async open(): Promise<void> {
    const connected = Promise.all([this.commands.connect(), this.hearing.connect()]);
    const isThere = await within(START_PATIENCE, connected).catch(() => false);
    if (isThere) await this.assertVersion();
    await this.look();
    this.watching = this.watch();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.commands.disconnect();
    this.hearing.disconnect();
    await this.watching;
  }

  private async assertVersion(): Promise<void> {
    const [, version = '?'] = /redis_version:(\S+)/.exec(await this.commands.info('server')) ?? [];
    if (Number.parseInt(version, 10) >= OLDEST) return;
    await this.close();
    throw new ConfigError(`REDIS_URL: this is Redis ${version}; ${OLDEST}.0 or later is needed`);
  }

  private async watch(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await delay(ASK_EVERY, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  private async look(): Promise<void> {
    try {
      const answered = Promise.all([this.commands.ping(), this.hearing.ping()]);
      if (!(await within(PATIENCE, answered))) throw new Error(`no answer within ${PATIENCE} ms`);
      this.cameUp();
    } catch (error) {
      this.wentDown(error);
    }
  }

  private cameUp(): void {
    if (this.answers) return;
    this.answers = true;
    if (this.wasSaid) this.logger.log('Redis is back: events reach other nodes again.');
    this.wasSaid = false;
    for (const listener of this.listeners) listener();
  }

  private wentDown(error: unknown): void {
    if (this.closing.signal.aborted) return;
    if (!this.wasSaid) {
      this.logger.warn(
        'Redis is away: people on one node go on hearing each other, the others hear what they missed when it is ' +
          `back. Look at the server of REDIS_URL. (${messageOf(error)})`,
      );
      this.wasSaid = true;
    }
    // A connection that hangs is of no use any more: what waits on it fails, and a new one is made.
    if (this.answers) for (const one of [this.commands, this.hearing]) one.disconnect(true);
    this.answers = false;
  }
}
