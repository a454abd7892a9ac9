import { timingSafeEqual, createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { AppConfig } from '../config/app-config.js';

/** Who may read the figures. */
@Injectable()
export class MetricsAccess {
  constructor(private readonly config: AppConfig) {}

  /**
   * With `METRICS_TOKEN` only who knows it; without one anybody, but in production nobody.
   *
   * @throws ChatError `unauthorized`, or `not_found` where there is nothing to be had
   */
  require(authorization: string | undefined): void {
    const token = this.config.METRICS_TOKEN;
    if (token) {
      if (!isSame(authorization ?? '', `Bearer ${token}`)) throw new ChatError('unauthorized');
    } else if (this.config.isProduction) {
      throw new ChatError('not_found');
    }
  }
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
