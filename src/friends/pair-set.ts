/** Pairs of people, each seen from the first. */
export class PairSet {
  private readonly pairs = new Set<string>();

  constructor(pairs: { me: string; other: string }[]) {
    for (const { me, other } of pairs) this.pairs.add(me + other);
  }

  has(me: string, other: string): boolean {
    return this.pairs.has(me + other);
  }
}
