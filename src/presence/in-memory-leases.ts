import { Leases } from './leases.js';
import type { PresenceState } from './presence.js';
import { Stay } from './stay.js';

/** The leases of a node alone. */
export class InMemoryLeases extends Leases {
  /** Everybody online, and those gone whose last-seen time is not stored yet. */
  private readonly stays = new Map<string, Stay>();

  /** @param graceMs - how long someone without a socket still looks online, in milliseconds */
  constructor(private readonly graceMs: number) {
    super();
  }

  now(): Date {
    return new Date();
  }

  /** There is nobody yet. */
  open(): void {}

  take(userId: string): void {
    const current = this.stays.get(userId);
    if (current && !current.isOver) return current.resume();
    const stay = new Stay(this.now());
    this.stays.set(userId, stay);
    this.changed({ userId, isOnline: true, lastSeen: stay.cameAt });
  }

  release(userId: string): void {
    const leftAt = this.now();
    this.stays
      .get(userId)
      ?.leave(leftAt, this.graceMs, () => this.changed({ userId, isOnline: false, lastSeen: leftAt }));
  }

  here(userId: string): PresenceState | undefined {
    const stay = this.stays.get(userId);
    if (!stay) return undefined;
    return stay.isOver
      ? { isOnline: false, lastSeen: stay.leftAt ?? stay.cameAt }
      : { isOnline: true, lastSeen: stay.cameAt };
  }

  async find(userIds: string[]): Promise<Map<string, PresenceState>> {
    const found = new Map<string, PresenceState>();
    for (const id of userIds) {
      const state = this.here(id);
      if (state) found.set(id, state);
    }
    return found;
  }

  async confirm<C>(changes: C[]): Promise<C[]> {
    return changes;
  }

  async lastSeen(): Promise<Map<string, Date>> {
    const now = this.now();
    return new Map([...this.stays].map(([userId, stay]) => [userId, stay.lastSeen(now)]));
  }

  /** A stay is forgotten only once its end is stored, so that there is no moment at which an old time shows. */
  stored(userIds: string[], at: Date): void {
    for (const userId of userIds) {
      const stay = this.stays.get(userId);
      if (stay?.isOver && stay.leftAt && stay.leftAt <= at) this.stays.delete(userId);
    }
  }

  quiet(): void {
    for (const stay of this.stays.values()) stay.stopWaiting();
  }

  async close(): Promise<void> {
    this.quiet();
  }
}
