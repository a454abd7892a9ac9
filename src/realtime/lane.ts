import type { MessageRange } from './catch-up-port.js';
import type { Message } from './wire.js';

/**
 * What to do with a message that is told: give it now; skip it, since it was given; or wait until what is missing
 * before it was read, and it together with that.
 */
export type Verdict = 'give' | 'skip' | 'wait';

/**
 * One conversation on one connection: which of its messages were given, as an unbroken range. Numbers that are not
 * for this person leave gaps in it, so each message names the one before it. A message whose predecessor was not
 * given makes the lane fall behind; while it is behind nothing is given but what is read from the store, in order.
 */
export class Lane {
  /** The first number of the range. */
  readonly from: number;
  /** The last number of the range. */
  to: number;
  /** The last number that is known to exist for this person. */
  private last: number;
  /** Messages that this very connection sent while the lane was behind: their acknowledgements give them. */
  private sentHere: Set<number> | undefined;

  /**
   * @param userId - whose connection it is
   * @param start - up to and including this number the person has all
   * @param ownAfter - the person's own messages are given only above this number: those below are no news
   */
  constructor(
    readonly conversationId: string,
    private readonly userId: string,
    start: number,
    private readonly ownAfter = start,
  ) {
    this.from = start + 1;
    this.to = start;
    this.last = start;
  }

  /** Whether something must be read from the store before anything else is given. */
  get isBehind(): boolean {
    return this.to < this.last;
  }

  /**
   * A message is told to the connection.
   *
   * @param previous - the number before it that this person may see; where it is unknown, the one below
   * @param isSentHere - whether this connection sent it
   */
  take(seq: number, previous = seq - 1, isSentHere = false): Verdict {
    if (seq < this.from) return 'give';
    if (seq <= this.to) return 'skip';
    if (!this.isBehind && previous <= this.to) {
      this.to = seq;
      this.last = seq;
      return 'give';
    }
    this.expect(seq);
    if (isSentHere) (this.sentHere ??= new Set()).add(seq);
    return 'wait';
  }

  /** There are messages for this person up to this number. */
  expect(seq: number): void {
    this.last = Math.max(this.last, seq);
  }

  /** The person has all up to this number by another way. */
  skipTo(seq: number): void {
    this.to = Math.max(this.to, seq);
    this.last = Math.max(this.last, seq);
  }

  /** What to read next: so many numbers at most. */
  nextRange(most: number): MessageRange {
    const { conversationId, to, last } = this;
    return { conversationId, after: to, upTo: Math.min(last, to + most) };
  }

  /**
   * What was read of a range is given now.
   *
   * @returns those to tell; `undefined` where the last one is not there yet, since the store lags behind the news
   */
  fill({ upTo }: MessageRange, found: Message[]): Message[] | undefined {
    if (upTo === this.last && (found.at(-1)?.seq ?? 0) < upTo) return undefined;
    const news = found.filter(
      ({ seq, senderId }) => seq > this.to && this.isNews(seq, senderId === this.userId),
    );
    this.to = Math.max(this.to, upTo);
    if (!this.isBehind) this.sentHere = undefined;
    return news;
  }

  private isNews(seq: number, isOwn: boolean): boolean {
    return !isOwn || (seq > this.ownAfter && !this.sentHere?.has(seq));
  }
}
