/**
 * The time someone is online without a break: from their first socket until their last one has been gone for
 * the grace period. A socket that comes back within the grace continues the stay.
 */
export class Stay {
  private readonly sockets = new Set<string>();
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

  add(socketId: string): void {
    this.sockets.add(socketId);
    this.left = undefined;
    this.stopWaiting();
  }

  /**
   * Takes a socket away. If it was the last one, the stay is over after the grace.
   *
   * @param graceMs - in milliseconds
   * @param onOver - called once, with the moment the last socket went
   */
  remove(socketId: string, graceMs: number, onOver: (leftAt: Date) => void): void {
    if (!this.sockets.delete(socketId) || this.sockets.size > 0) return;
    const leftAt = new Date();
    this.left = leftAt;
    this.ending = setTimeout(() => {
      this.over = true;
      onOver(leftAt);
    }, graceMs).unref();
  }

  /** Leaves the grace period without an end; used at shutdown. */
  stopWaiting(): void {
    clearTimeout(this.ending);
  }
}
