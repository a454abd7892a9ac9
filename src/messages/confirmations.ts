import type { GivenRange } from '../realtime/delivery-port.js';

/**
 * How long what a heartbeat has confirmed may wait for more, in milliseconds. Nobody waits for it, and a write for
 * each pong cost a busy node a third of what its messages cost.
 */
const GATHERED_FOR = 200;

/** Something that arrived at somebody. */
export interface Confirmation {
  userId: string;
  range: GivenRange;
}

/** Gathers what heartbeats confirm, so that it is stored together. */
export class Confirmations {
  private waiting: Confirmation[] = [];
  /** The writes that are under way, by whose they are. */
  private readonly writes = new Map<Set<string>, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param store - resolved when they are durable; never rejected */
  constructor(private readonly store: (confirmations: Confirmation[]) => Promise<void>) {}

  add(userId: string, ranges: GivenRange[]): void {
    for (const range of ranges) this.waiting.push({ userId, range });
    this.timer ??= setTimeout(() => void this.flush(), GATHERED_FOR).unref();
  }

  /** Resolved when all that this person has confirmed is stored. */
  async settle(userId: string): Promise<void> {
    if (this.waiting.some((one) => one.userId === userId)) void this.flush();
    await Promise.all([...this.writes].flatMap(([people, write]) => (people.has(userId) ? [write] : [])));
  }

  /** Stores all that waits, now. Resolved when nothing is under way any more. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const confirmed = this.waiting;
    this.waiting = [];
    const people = new Set(confirmed.map(({ userId }) => userId));
    const write = this.store(confirmed).finally(() => this.writes.delete(people));
    this.writes.set(people, write);
    await Promise.all(this.writes.values());
  }
}
