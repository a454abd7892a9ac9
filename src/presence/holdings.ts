import type { Holding } from './holding.js';
import type { PresenceState } from './presence.js';

/** Everybody with a socket on this node, and those whose last one here has just gone. */
export class Holdings {
  private readonly holdings = new Map<string, Holding>();

  get(userId: string): Holding | undefined {
    return this.holdings.get(userId);
  }

  all(): Iterable<Holding> {
    return this.holdings.values();
  }

  add(holding: Holding): void {
    this.holdings.set(holding.userId, holding);
  }

  /** Whether it has not been dropped, or replaced by another. */
  has(holding: Holding): boolean {
    return this.holdings.get(holding.userId) === holding;
  }

  drop(holding: Holding): void {
    holding.stopWaiting();
    if (this.has(holding)) this.holdings.delete(holding.userId);
  }

  /** Someone with a socket here. */
  here(userId: string): PresenceState | undefined {
    const holding = this.holdings.get(userId);
    return holding?.isHere ? { isOnline: true, lastSeen: holding.cameAt } : undefined;
  }

  /** What this node alone can say of somebody, whether they have a socket here or had one lately. */
  known(userId: string): PresenceState | undefined {
    const holding = this.holdings.get(userId);
    if (!holding) return undefined;
    return holding.isOver
      ? { isOnline: false, lastSeen: holding.lastSeen }
      : { isOnline: true, lastSeen: holding.cameAt };
  }
}
