import type { Logger } from '@nestjs/common';
import { messageOf } from './message-of.js';

/**
 * Lets work go on that nobody waits for, such as telling friends of a presence change. A failure is logged and
 * changes nothing else: what is told live is a hint, a fetch gives the truth.
 *
 * @param what - the work in the operator's words, for the log line
 */
export function inBackground(logger: Logger, what: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => logger.warn(`${what} failed: ${messageOf(error)}`));
}
