/** Someone with a socket on this node, or whose last one here has just gone, as this node knows it. */
export class Holding {
  /** Nobody was told yet that they are online. */
  isUntold = true;
  /** What was told may be wrong: that they are online is told whatever Redis says. */
  mustTell = false;
  /** Redis has lost its data: that it does not know them is no news. */
  isRestored = false;
  /** Their grace has passed while it could not be known whether they are on another node. */
  isOver = false;
  private left: Date | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly userId: string,
    /** Since when they are online, on whatever node. */
    public cameAt: Date,
  ) {}

  get isHere(): boolean {
    return this.left === undefined;
  }

  /** Since when they have no socket here; while they have one, since when they are online. */
  get lastSeen(): Date {
    return this.left ?? this.cameAt;
  }

  leave(at: Date): void {
    this.left = at;
  }

  /** They are back before their grace was over. */
  resume(): void {
    this.left = undefined;
    this.stopWaiting();
  }

  /** @param ms - milliseconds */
  wait(ms: number, then: () => void): void {
    this.stopWaiting();
    this.timer = setTimeout(then, ms).unref();
  }

  stopWaiting(): void {
    clearTimeout(this.timer);
  }
}
