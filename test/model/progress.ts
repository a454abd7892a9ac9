/**
 * A watermark as far as it can be known. Deliveries are confirmed by heartbeats whenever they come, so between what
 * is certain and what is possible anything may be answered; what was answered once is certain from then on.
 */
export class Mark {
  constructor(
    public sure = 0,
    public most = 0,
  ) {}

  /** It is at least this. */
  raise(seq: number): void {
    this.sure = Math.max(this.sure, seq);
    this.most = Math.max(this.most, seq);
  }

  /** It may be as much as this. */
  allow(seq: number): void {
    this.most = Math.max(this.most, seq);
  }

  /** It was answered. @throws Error where that is not possible */
  observe(seq: number, what: string): void {
    if (seq < this.sure || seq > this.most) {
      throw new Error(`${what} is ${seq}; possible is ${this.sure} to ${this.most}`);
    }
    this.sure = seq;
  }
}

/** How far one person is in a conversation: what drives their unread count, and what the other is shown of it. */
export class Progress {
  readonly delivered = new Mark();
  readonly read = new Mark();
  readonly shownDelivered = new Mark();
  readonly shownRead = new Mark();
  /** The other's messages that some device of theirs was given, by whatever way. */
  readonly reached = new Set<number>();
}
