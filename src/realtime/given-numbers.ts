/** Most numbers remembered one by one, for each conversation of a connection. */
const MOST_REMEMBERED = 1000;

/**
 * Which messages of one conversation a connection was given: all from where it began to the last, but for the
 * missing ones, and what was given later from before it began.
 */
export class GivenNumbers {
  private first = 0;
  private last = 0;
  private readonly missing = new Set<number>();
  private readonly earlier = new Set<number>();

  /** Notes that the message with this number is given. `false` if it was before. */
  take(seq: number): boolean {
    if (this.last === 0) this.first = seq;
    if (seq > this.last) {
      this.skip(this.last + 1, seq);
      this.last = seq;
      return true;
    }
    if (seq >= this.first) return this.missing.delete(seq);
    if (this.earlier.has(seq)) return false;
    if (this.earlier.size < MOST_REMEMBERED) this.earlier.add(seq);
    return true;
  }

  private skip(from: number, to: number): void {
    if (this.last === 0) return;
    for (let seq = from; seq < to && this.missing.size < MOST_REMEMBERED; seq += 1) this.missing.add(seq);
  }
}
