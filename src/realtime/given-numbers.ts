/** Most numbers remembered one by one, for each conversation of a connection. */
const MOST_REMEMBERED = 1000;

/**
 * Which messages of one conversation a connection was given. Numbers that are not for this person leave gaps, so
 * each message names the one before it: what follows on without a hole is a range that grows, what comes behind a
 * hole waits until it is closed.
 */
export class GivenNumbers {
  /** The first number of the range. */
  from = 0;
  /** The last number of the range. */
  to = 0;
  private readonly beyond = new Map<number, number>();
  private readonly earlier = new Set<number>();

  /**
   * Notes that a message is given.
   *
   * @param previous - the number before it that this person may see; where it is unknown, the one below
   * @returns false if it was given before
   */
  take(seq: number, previous = seq - 1): boolean {
    if (this.to === 0) {
      this.from = previous + 1;
      this.to = seq;
      return true;
    }
    if (seq < this.from) return this.takeEarlier(seq);
    if (seq <= this.to || this.beyond.has(seq)) return false;
    if (previous <= this.to) {
      this.to = seq;
      this.closeHoles();
    } else if (this.beyond.size < MOST_REMEMBERED) {
      this.beyond.set(seq, previous);
    }
    return true;
  }

  private takeEarlier(seq: number): boolean {
    if (this.earlier.has(seq)) return false;
    if (this.earlier.size < MOST_REMEMBERED) this.earlier.add(seq);
    return true;
  }

  private closeHoles(): void {
    const inOrder = [...this.beyond].toSorted(([one], [other]) => one - other);
    for (const [seq, previous] of inOrder) {
      if (previous > this.to) return;
      this.to = seq;
      this.beyond.delete(seq);
    }
  }
}
