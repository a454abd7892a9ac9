/**
 * The time someone is online without a break: from when they came until they have been gone for the grace period.
 * Coming back within the grace continues the stay.
 */
export class Stay {
  private left: Date | undefined;
  private ending: NodeJS.Timeout | undefined;
  private over = false;

  /** @param cameAt - when the first socket came */
  constructor(readonly cameAt: Date) {}

  /** The last moment they were seen: now, or since when no socket is left. */
  lastSeen(now: Date): Date {
    return this.left ?? now;
  }

  /** Since when no socket is left; `undefined` while there is one. */
  get leftAt(): Date | undefined {
    return this.left;
  }

  /** Whether the grace period has passed too. */
  get isOver(): boolean {
    return this.over;
  }

  /** They are back within the grace. */
  resume(): void {
    this.left = undefined;
    this.stopWaiting();
  }

  /**
   * The last socket is gone: the stay is over after the grace.
   *
   * @param graceMs - in milliseconds
   * @param onOver - called once, unless they come back
   */
  leave(leftAt: Date, graceMs: number, onOver: () => void): void {
    this.left = leftAt;
    this.ending = setTimeout(() => {
      this.over = true;
      onOver();
    }, graceMs).unref();
  }

  /** Leaves the grace period without an end; used at shutdown. */
  stopWaiting(): void {
    clearTimeout(this.ending);
  }
}
