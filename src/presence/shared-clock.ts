/** A sample that took longer than this says little, in milliseconds. */
const LONGEST_TRIP = 200;

/**
 * The time of Redis, carried on by this node's monotonic clock, so that it matters to nobody whether the clock of a
 * node is wrong. Until Redis was heard it is the node's own.
 */
export class SharedClock {
  /** What is added to the monotonic clock, in milliseconds. */
  private offset: number | undefined;

  now(): Date {
    return new Date(this.offset === undefined ? Date.now() : Math.round(performance.now() + this.offset));
  }

  /**
   * @param redisMs - what Redis says, in milliseconds since 1970
   * @param askedAt - when it was asked, by the monotonic clock
   */
  set(redisMs: number, askedAt: number): void {
    const now = performance.now();
    const trip = now - askedAt;
    if (this.offset === undefined || trip <= LONGEST_TRIP) this.offset = redisMs + trip / 2 - now;
  }
}
