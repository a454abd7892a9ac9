import { InTurn } from '../common/in-turn.js';
import { Holding } from './holding.js';
import { Holdings } from './holdings.js';
import { LeaseNews } from './lease-news.js';
import type { LeaseStore } from './lease-store.js';
import type { PresenceChange, Terms } from './leases.js';
import type { PresenceState } from './presence.js';
import type { SharedClock } from './shared-clock.js';

/** Timers of Node may fire a little early, in milliseconds. */
const SLACK = 5;

/** How soon an end is looked for again that could not be found out, in milliseconds. */
const LOOK_AGAIN = 500;

/** One part of the people: who of them is on this node. All that it asks of Redis it asks one after the other. */
export class LeasePart {
  private readonly holdings = new Holdings();
  private readonly news: LeaseNews;
  private readonly line = new InTurn();
  private isSharingSoon = false;
  private isClosed = false;
  private epoch: string | undefined;
  /** Since when, by the monotonic clock, Redis has known all that the nodes know. */
  private trustedSince = -Infinity;

  constructor(
    private readonly store: LeaseStore,
    private readonly clock: SharedClock,
    private readonly terms: Terms,
    private readonly tell: (change: PresenceChange) => void,
  ) {
    this.news = new LeaseNews(this.holdings, store, tell);
  }

  take(userId: string): void {
    const known = this.holdings.get(userId);
    if (known && !known.isOver) {
      known.resume();
      return this.share(known);
    }
    const holding = new Holding(userId, this.clock.now());
    holding.mustTell = known !== undefined;
    if (known) this.drop(known);
    this.holdings.add(holding);
    this.share(holding);
  }

  release(userId: string): void {
    const holding = this.holdings.get(userId);
    if (!holding?.isHere) return;
    holding.leave(this.clock.now());
    holding.wait(this.terms.graceMs + SLACK, () => this.endSoon(holding));
    this.share(holding);
  }

  here(userId: string): PresenceState | undefined {
    return this.holdings.here(userId);
  }

  /** Those of these people of whom something is known; asks Redis for those not here, where it can. */
  async find(userIds: string[]): Promise<Map<string, PresenceState>> {
    const away = userIds.filter((id) => !this.here(id));
    const shared = this.store.isUp && away.length > 0 ? await this.store.find(away).catch(() => null) : null;
    const mayRely = shared !== null && this.untilTrusted <= 0;
    const found = new Map(shared);
    for (const id of userIds) {
      const state = this.here(id) ?? found.get(id) ?? (mayRely ? undefined : this.holdings.known(id));
      if (state) found.set(id, state);
    }
    return found;
  }

  /** When those of this node, and those who left before a moment and of whom that is not stored, were last seen. */
  async lastSeen(before: Date): Promise<Map<string, Date>> {
    const now = this.clock.now();
    const seen = new Map<string, Date>();
    for (const holding of this.holdings.all()) {
      seen.set(holding.userId, holding.isHere ? now : holding.lastSeen);
    }
    const unstored = this.store.isUp ? await this.store.unstored(before).catch(() => []) : [];
    for (const { userId, at } of unstored) if (!this.here(userId)) seen.set(userId, at);
    return seen;
  }

  stored(userIds: string[], at: Date): void {
    if (this.store.isUp) this.store.forget(userIds, at).catch(() => undefined);
  }

  /** Redis was away: nobody is taken for gone before every node has had the time to say who is there. */
  distrust(): void {
    this.trustedSince = performance.now();
  }

  /** Renews the lease, shares what is not shared yet, and finds out who is gone. */
  beat(): Promise<void> {
    return this.inTurn(async () => {
      if (this.store.isUp) await this.renew();
      await this.shareAll();
      await this.sweep();
    });
  }

  quiet(): void {
    for (const holding of this.holdings.all()) holding.stopWaiting();
  }

  close(): Promise<void> {
    this.quiet();
    return this.inTurn(async () => {
      this.isClosed = true;
      if (this.store.isUp) await this.store.leaveAll();
    });
  }

  /** What fails is tried again with the next beat. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    return this.line.run('', async () => {
      if (!this.isClosed) await work().catch(() => undefined);
    });
  }

  private share(holding: Holding): void {
    this.news.add(holding);
    if (this.isSharingSoon) return;
    this.isSharingSoon = true;
    void this.inTurn(() => {
      this.isSharingSoon = false;
      return this.shareAll();
    });
  }

  private async shareAll(): Promise<void> {
    while (!(await this.news.share(this.isTrusted))) await this.renew();
  }

  private async renew(): Promise<void> {
    const { wasAlive, epoch } = await this.store.renew();
    if (wasAlive) return;
    if (this.epoch !== undefined) this.distrust();
    for (const holding of this.holdings.all()) {
      holding.isRestored = epoch !== this.epoch && !holding.isUntold;
      this.news.add(holding);
    }
    this.epoch = epoch;
  }

  private endSoon(holding: Holding): void {
    const isGone = () => !holding.isHere && this.holdings.has(holding);
    void this.inTurn(async () => {
      if (!isGone()) return;
      const isSwept = await this.shareAll().then(
        () => this.sweep(),
        () => false,
      );
      if (!isGone()) return;
      if (isSwept) this.drop(holding);
      else if (this.news.has(holding) || !this.store.isUp) this.endAlone(holding);
      else holding.wait(Math.max(this.untilTrusted, LOOK_AGAIN), () => this.endSoon(holding));
    });
  }

  /** Redis cannot say whether they are on another node, so those on this node hear that they are gone from here. */
  private endAlone(holding: Holding): void {
    holding.isOver = true;
    this.news.add(holding);
    this.tell({ userId: holding.userId, isOnline: false, lastSeen: holding.lastSeen });
  }

  /** @returns whether all those whose grace was over are told of */
  private async sweep(): Promise<boolean> {
    if (!this.isTrusted) return false;
    for (;;) {
      const swept = await this.store.sweep(this.terms.graceMs);
      if (!swept) return false;
      for (const { userId, at } of swept.ended) this.tell({ userId, isOnline: false, lastSeen: at });
      for (const node of swept.dead) await this.store.reap(node);
      if (swept.ended.length === 0 && swept.dead.length === 0) return true;
    }
  }

  private drop(holding: Holding): void {
    this.holdings.drop(holding);
    this.news.remove(holding);
  }

  private get isTrusted(): boolean {
    return this.store.isUp && this.untilTrusted <= 0;
  }

  private get untilTrusted(): number {
    return this.trustedSince + this.terms.leaseMs - performance.now();
  }
}
