/**
 * A place in the order in which a socket's events arrived. Guards and pipes are asynchronous and overtake each
 * other; a turn is taken when the event arrives, before anything is awaited, and whoever must keep the order
 * awaits `mine()` and then calls `pass()`.
 */
export class Turn {
  private isPassed = false;
  private isDone = false;
  private waiting: (() => void)[] = [];

  /** @param before - the turn ahead in the same queue */
  constructor(private before?: Turn) {
    if (before?.isPassed) this.before = undefined;
  }

  /** Resolves when every event ahead has passed; at once where none is. */
  async mine(): Promise<void> {
    const before = this.before;
    if (!before || before.isPassed) return;
    await new Promise<void>((resolve) => before.waiting.push(resolve));
  }

  /** Lets the next one go, as soon as those ahead have passed too. Calling it again changes nothing. */
  pass(): void {
    if (this.isDone) return;
    this.isDone = true;
    const before = this.before;
    if (!before || before.isPassed) this.settle();
    else before.waiting.push(() => this.settle());
  }

  private settle(): void {
    this.isPassed = true;
    this.before = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}
