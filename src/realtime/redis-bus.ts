import { randomUUID } from 'node:crypto';
import { within } from '../common/within.js';
import type { RedisLink } from '../redis/redis-link.js';
import { Bus, type Envelope, type Hearer } from './bus.js';

/** How long a connection waits until it is certain that this node hears, in milliseconds. */
const HEARING_PATIENCE = 1000;

/** Channels that are subscribed together after Redis was away. */
const TOGETHER = 200;

/** Commands on their way at most: what is more is not published, and found again by its number. */
const MOST_ON_THE_WAY = 10_000;

const PREFIX = 'reals2chat:user:';

/** What goes over a channel. */
interface Relayed {
  /** The node it comes from, which has served its own sockets already. */
  node: string;
  envelope: Envelope;
}

/**
 * The bus of many nodes: sharded pub/sub (Redis >= 7, https://redis.io/docs/latest/develop/pubsub/), a channel for
 * each person, heard while the person has a socket here. Sockets of this node are served at once and never wait for
 * Redis, which may lose events, hang or be away: whoever hears is then told of a gap, and reads what it missed.
 */
export class RedisBus extends Bus {
  private readonly node = randomUUID();
  private readonly hearers = new Map<string, Hearer>();

  constructor(private readonly redis: RedisLink) {
    super();
    redis.hearing.on('smessage', (channel: string, text: string) => this.receive(channel, text));
    redis.onUp(() => void this.hearAllAgain());
  }

  async hear(userId: string, hearer: Hearer): Promise<void> {
    this.hearers.set(userId, hearer);
    if (this.redis.isUp) await within(HEARING_PATIENCE, this.subscribe(userId));
  }

  stopHearing(userId: string): void {
    this.hearers.delete(userId);
    if (this.redis.isUp) this.redis.hearing.sunsubscribe(PREFIX + userId).catch(ignore);
  }

  publish(envelope: Envelope): void {
    this.hearers.get(envelope.userId)?.(envelope);
    const { commands, isUp } = this.redis;
    if (!isUp || commands.status !== 'ready') return;
    if (commands.commandQueue.length >= MOST_ON_THE_WAY) return;
    const relayed: Relayed = { node: this.node, envelope };
    commands.spublish(PREFIX + envelope.userId, JSON.stringify(relayed)).catch(ignore);
  }

  /** Whether it worked does not matter here: the watch over the connection notices, and all is subscribed again. */
  private async subscribe(userId: string): Promise<void> {
    await this.redis.hearing.ssubscribe(PREFIX + userId).catch(ignore);
    // Somebody left while this was on its way.
    if (!this.hearers.has(userId)) this.redis.hearing.sunsubscribe(PREFIX + userId).catch(ignore);
  }

  private receive(channel: string, text: string): void {
    const { node, envelope } = JSON.parse(text) as Relayed;
    if (node === this.node) return;
    if (envelope.kind === 'event') this.relayed(envelope);
    this.hearers.get(channel.slice(PREFIX.length))?.(envelope);
  }

  private async hearAllAgain(): Promise<void> {
    const users = [...this.hearers.keys()];
    for (let from = 0; from < users.length; from += TOGETHER) {
      const some = users.slice(from, from + TOGETHER);
      await Promise.all(some.map((userId) => this.subscribe(userId)));
      for (const userId of some) this.hearers.get(userId)?.({ kind: 'gap', userId });
    }
  }
}

function ignore(): void {}
