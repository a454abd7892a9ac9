import type { Holding } from './holding.js';
import type { Holdings } from './holdings.js';
import type { LeaseStore } from './lease-store.js';
import type { PresenceChange } from './leases.js';

/** People whose coming and going is shared in one step. */
const TOGETHER = 500;

/**
 * What Redis does not know yet of who is on this node and who is not any more. It is shared together; what could
 * not be shared stays, and is told to those on this node meanwhile.
 */
export class LeaseNews {
  private readonly waiting = new Set<Holding>();

  constructor(
    private readonly holdings: Holdings,
    private readonly store: LeaseStore,
    private readonly tell: (change: PresenceChange) => void,
  ) {}

  add(holding: Holding): void {
    this.waiting.add(holding);
  }

  remove(holding: Holding): void {
    this.waiting.delete(holding);
  }

  has(holding: Holding): boolean {
    return this.waiting.has(holding);
  }

  /**
   * Shares all of it.
   *
   * @param withOver - also the end of those who may be on another node that has not said so yet
   * @returns whether it could be: not while this node has no lease
   * @throws if Redis does not answer
   */
  async share(withOver: boolean): Promise<boolean> {
    for (;;) {
      const some = [...this.waiting].filter(({ isOver }) => withOver || !isOver).slice(0, TOGETHER);
      if (some.length === 0) return true;
      for (const holding of some) this.waiting.delete(holding);
      try {
        if (!this.store.isUp) throw new Error('Redis is away');
        if (await this.shareSome(some)) continue;
      } catch (error) {
        for (const holding of some) this.keep(holding);
        throw error;
      }
      for (const holding of some) if (this.holdings.has(holding)) this.waiting.add(holding);
      return false;
    }
  }

  private keep(holding: Holding): void {
    if (!this.holdings.has(holding)) return;
    this.waiting.add(holding);
    if (!holding.isUntold) return;
    this.tellOnline(holding);
    holding.mustTell = true;
  }

  private async shareSome(some: Holding[]): Promise<boolean> {
    const gone = some.filter(({ isHere }) => !isHere);
    // Someone who came and went at once did come.
    if (!(await this.shareCame(some.filter(({ isHere, isUntold }) => isHere || isUntold)))) return false;
    return this.shareGone(gone.filter(({ isHere }) => !isHere));
  }

  private async shareCame(some: Holding[]): Promise<boolean> {
    if (some.length === 0) return true;
    const answers = await this.store.take(some.map(({ userId, cameAt }) => ({ userId, at: cameAt })));
    if (!answers) return false;
    for (const [index, { isNew, cameAt }] of answers.entries()) {
      const holding = some[index] as Holding;
      holding.cameAt = cameAt;
      if (holding.mustTell || (isNew && !holding.isRestored)) this.tellOnline(holding);
      holding.isUntold = holding.mustTell = holding.isRestored = false;
    }
    return true;
  }

  private async shareGone(some: Holding[]): Promise<boolean> {
    if (some.length === 0) return true;
    const answers = await this.store.leave(some.map(({ userId, lastSeen }) => ({ userId, at: lastSeen })));
    if (!answers) return false;
    for (const [index, elsewhereSince] of answers.entries()) {
      const holding = some[index] as Holding;
      if (holding.isHere) continue;
      // This node has told that they are gone, and they were not.
      if (elsewhereSince && holding.isOver) this.tellOnline(holding, elsewhereSince);
      if (elsewhereSince || holding.isOver) this.holdings.drop(holding);
    }
    return true;
  }

  private tellOnline(holding: Holding, since = holding.cameAt): void {
    holding.isUntold = false;
    this.tell({ userId: holding.userId, isOnline: true, lastSeen: since });
  }
}
