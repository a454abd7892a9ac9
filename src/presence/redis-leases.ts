import { randomUUID } from 'node:crypto';
import type { RedisLink } from '../redis/redis-link.js';
import { LeasePart } from './lease-part.js';
import { LeaseStore } from './lease-store.js';
import { type Claim, Leases, type Terms } from './leases.js';
import type { PresenceState } from './presence.js';
import { SharedClock } from './shared-clock.js';

/** Parts of the people, each with keys of its own: on every node the same number. */
const PARTS = 8;

/** Beats in the time of a lease: it outlives a few that fail. */
const BEATS = 5;

/** A last-seen time that is not stored after this long, in milliseconds, is stored by whoever finds it. */
const STORED_WITHIN = 60_000;

/**
 * The leases of many nodes, in Redis. A node has one lease for all of its people, and renews it often; when it ends,
 * any other node lets go of them. Redis may be away: then each node goes on with what it knows, and when Redis is
 * back, with or without its data, every node says again who is there before anybody is taken for gone.
 */
export class RedisLeases extends Leases {
  private readonly clock = new SharedClock();
  private readonly parts: LeasePart[];
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly redis: RedisLink,
    private readonly terms: Terms,
  ) {
    super();
    const node = randomUUID();
    this.parts = Array.from({ length: PARTS }, (_, part) => {
      const store = new LeaseStore(redis, this.clock, part, node, terms.leaseMs);
      return new LeasePart(store, this.clock, terms, (change) => this.changed(change));
    });
  }

  open(): void {
    this.redis.onUp(() => {
      for (const part of this.parts) part.distrust();
      this.beat();
    });
    this.beat();
  }

  now(): Date {
    return this.clock.now();
  }

  take(userId: string): void {
    this.partOf(userId).take(userId);
  }

  release(userId: string): void {
    this.partOf(userId).release(userId);
  }

  here(userId: string): PresenceState | undefined {
    return this.partOf(userId).here(userId);
  }

  /** One round trip, since what is asked together goes together. */
  async find(userIds: string[]): Promise<Map<string, PresenceState>> {
    const found = await Promise.all([...this.byPart(userIds)].map(([part, ids]) => part.find(ids)));
    return new Map(found.flatMap((some) => [...some]));
  }

  /** Told late, a change would contradict what another node has told since. */
  async confirm<C extends Claim>(changes: C[]): Promise<C[]> {
    const states = await this.find(changes.map(({ userId }) => userId));
    return changes.filter(({ userId, isOnline }) => (states.get(userId)?.isOnline ?? false) === isOnline);
  }

  async lastSeen(): Promise<Map<string, Date>> {
    const before = new Date(this.now().getTime() - this.terms.graceMs - STORED_WITHIN);
    const seen = await Promise.all(this.parts.map((part) => part.lastSeen(before)));
    return new Map(seen.flatMap((some) => [...some]));
  }

  stored(userIds: string[], at: Date): void {
    for (const [part, ids] of this.byPart(userIds)) part.stored(ids, at);
  }

  quiet(): void {
    for (const part of this.parts) part.quiet();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await Promise.all(this.parts.map((part) => part.close()));
  }

  private beat(): void {
    clearTimeout(this.timer);
    void Promise.all(this.parts.map((part) => part.beat())).then(() => {
      if (this.isClosed) return;
      // Not all nodes at the same time.
      const pause = (this.terms.leaseMs / BEATS) * (0.75 + Math.random() / 2);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.beat(), pause).unref();
    });
  }

  /** The last digits of an ObjectId count up, so they spread evenly. */
  private partOf(userId: string): LeasePart {
    return this.parts[Number.parseInt(userId.slice(-4), 16) % PARTS] as LeasePart;
  }

  private byPart(userIds: string[]): Map<LeasePart, string[]> {
    const parts = new Map<LeasePart, string[]>();
    for (const id of userIds) {
      const part = this.partOf(id);
      const ids = parts.get(part);
      if (ids) ids.push(id);
      else parts.set(part, [id]);
    }
    return parts;
  }
}
