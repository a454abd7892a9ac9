import { Inject, Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { Metrics } from '../common/metrics.js';
import { AppConfig } from '../config/app-config.js';
import { RedisLink } from '../redis/redis-link.js';
import { type CapName, type LocalRule, type Rule, type RuleName, RULES, type SharedRule } from './rules.js';
import { SharedWindows } from './shared-windows.js';
import { type Count, Windows } from './windows.js';

/** Counts by rule, and says when it is too much. With `RATE_LIMITS=off` it never is. */
@Injectable()
export class Limits {
  readonly areOn: boolean;
  private readonly local = new Map<RuleName, Windows>();
  private readonly shared = new Map<RuleName, SharedWindows>();
  private readonly refused;

  constructor(config: AppConfig, metrics: Metrics, @Inject(RedisLink) redis: RedisLink | null) {
    this.areOn = config.rateLimitsEnabled;
    this.refused = metrics.counter(
      'rate_limited_total',
      'Requests, events and connections that were refused by a rate limit, by rule.',
      ['rule'],
    );
    for (const [name, rule] of Object.entries(RULES) as [RuleName, Rule][]) {
      if (rule.isShared) this.shared.set(name, new SharedWindows(name, rule, redis));
      else this.local.set(name, new Windows(rule.seconds));
    }
  }

  /**
   * Counts one more, at once.
   *
   * @returns the refusal, if it is one too many
   */
  spend(rule: LocalRule, key: string): ChatError | undefined {
    if (!this.areOn) return undefined;
    return this.refusalOver(rule, this.localOf(rule).add(key));
  }

  /**
   * Counts one more, together with the other nodes.
   *
   * @returns the refusal, if it is one too many
   */
  async spendShared(rule: SharedRule, key: string): Promise<ChatError | undefined> {
    if (!this.areOn) return undefined;
    return this.refusalOver(rule, await this.sharedOf(rule).add(key));
  }

  /** The counts of a rule that all nodes share, for who has more to say than this class. */
  sharedOf(rule: SharedRule): SharedWindows {
    return this.shared.get(rule) as SharedWindows;
  }

  /** A refusal by this rule, which shows in the metrics. */
  refusal(rule: RuleName | CapName, msLeft: number, message?: string): ChatError {
    this.refused.inc({ rule });
    const retryAfter = Math.max(1, Math.ceil(msLeft / 1000));
    return new ChatError('rate_limited', { retryAfter, ...(message && { message }) });
  }

  private localOf(rule: LocalRule): Windows {
    return this.local.get(rule) as Windows;
  }

  private refusalOver(rule: RuleName, { count, msLeft }: Count): ChatError | undefined {
    return count > RULES[rule].points ? this.refusal(rule, msLeft) : undefined;
  }
}
