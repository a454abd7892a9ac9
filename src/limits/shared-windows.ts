import { createHash } from 'node:crypto';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { within } from '../common/within.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { Rule } from './rules.js';
import { type Count, Windows } from './windows.js';

/** How long Redis may take before this node goes by what it has counted itself, in milliseconds. */
const PATIENCE = 250;

const PREFIX = 'reals2chat:limit:';

/**
 * Counts that all nodes share through Redis. Each node counts for itself too: while Redis is away or hangs, or has
 * come back empty, that is what holds. The library's own memory is not used for it, as it has no bound.
 */
export class SharedWindows {
  private readonly here: Windows;
  private readonly everywhere: RateLimiterRedis | undefined;

  /** @param redis - null for a node alone */
  constructor(
    name: string,
    private readonly rule: Pick<Rule, 'points' | 'seconds'>,
    private readonly redis: RedisLink | null,
  ) {
    this.here = new Windows(rule.seconds);
    if (!redis) return;
    this.everywhere = new RateLimiterRedis({
      storeClient: redis.commands,
      keyPrefix: PREFIX + name,
      points: rule.points,
      duration: rule.seconds,
    });
  }

  /** Counts one more. */
  async add(key: string): Promise<Count> {
    const hidden = hiddenKey(key);
    const here = this.here.add(hidden);
    // Whoever is over already need not be counted any further.
    if (here.count > this.rule.points) return here;
    return larger(here, await this.ask((limiter) => limiter.penalty(hidden)));
  }

  /** What was counted so far. */
  async read(key: string): Promise<Count> {
    const hidden = hiddenKey(key);
    return larger(this.here.read(hidden), await this.ask((limiter) => limiter.get(hidden)));
  }

  async forget(key: string): Promise<void> {
    const hidden = hiddenKey(key);
    this.here.forget(hidden);
    await this.ask(async (limiter) => {
      await limiter.delete(hidden);
      return null;
    });
  }

  /** Redis's own count; `undefined` where there is none, or Redis does not say. */
  private async ask(
    question: (limiter: RateLimiterRedis) => Promise<RateLimiterRes | null>,
  ): Promise<Count | undefined> {
    if (!this.everywhere || !this.redis?.isUp) return undefined;
    let answer: RateLimiterRes | null = null;
    const asking = question(this.everywhere).then((found) => (answer = found));
    // What fails or comes late counts for nothing: the watch over the connection tells of it.
    await within(PATIENCE, asking).catch(() => false);
    return countOf(answer);
  }
}

/** Neither an e-mail address nor an IP address leaves the process; and every key is of one length. */
function hiddenKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22);
}

function countOf(answer: RateLimiterRes | null): Count | undefined {
  return answer ? { count: answer.consumedPoints, msLeft: answer.msBeforeNext } : undefined;
}

function larger(here: Count, everywhere: Count | undefined): Count {
  return everywhere && everywhere.count > here.count ? everywhere : here;
}
