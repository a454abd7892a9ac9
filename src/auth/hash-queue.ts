import { ChatError } from '../common/errors/chat-error.js';

/** In seconds: what those who find no place in the queue are told to wait. */
const RETRY_AFTER = 2;

/** A bounded queue for work that needs much memory: a flood of it waits, and beyond that is turned away. */
export class HashQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * @param atOnce - how many run at the same time
   * @param mostWaiting - how many may wait
   */
  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /**
   * Runs the work when it is its turn.
   *
   * @throws ChatError `unavailable` at once when too many wait
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.turn();
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private async turn(): Promise<void> {
    if (this.running < this.atOnce) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.mostWaiting) {
      throw new ChatError('unavailable', { retryAfter: RETRY_AFTER });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The place goes to the next in line without becoming free in between. */
  private pass(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
