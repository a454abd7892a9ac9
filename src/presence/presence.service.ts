import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { messageOf } from '../common/message-of.js';
import { inBackground } from '../common/background.js';
import { DomainEvents } from '../common/domain-events.js';
import { AppConfig } from '../config/app-config.js';
import { UsersRepository } from '../users/users.repository.js';
import { type Claim, Leases, type PresenceChange } from './leases.js';
import type { PresenceState } from './presence.js';

/** How often the last-seen time of everybody online is stored, so that a crash leaves it minutes old, not days. */
const STORE_EVERY_MS = 3 * 60_000;

/** How long the shutdown waits for the last-seen times to be stored, in milliseconds. */
const SHUTDOWN_STORE_MS = 2000;

/**
 * Who is online, and when everybody else last was. Online means at least one live socket, on whatever node; going
 * offline is announced once, after the grace period without any, and until then the person looks online. Knows
 * nobody's friends: who may see what is decided by who asks.
 */
@Injectable()
export class PresenceService
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  /** How long someone without a socket still looks online, in milliseconds. */
  readonly graceMs: number;
  private readonly logger = new Logger(PresenceService.name);
  /** The sockets of this node, by person. */
  private readonly sockets = new Map<string, Set<string>>();
  private storing: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(
    config: AppConfig,
    private readonly events: DomainEvents,
    private readonly users: UsersRepository,
    private readonly leases: Leases,
  ) {
    this.graceMs = config.PRESENCE_GRACE_MS;
  }

  onModuleInit(): void {
    this.leases.onChange((change) => this.announce(change));
    this.events.on('connection.opened', ({ userId, socketId }) => this.arrive(userId, socketId));
    this.events.on('connection.closed', ({ userId, socketId }) => this.leave(userId, socketId));
    this.storing = setInterval(
      () => inBackground(this.logger, 'Storing who is online', this.storeAll()),
      STORE_EVERY_MS,
    ).unref();
  }

  onApplicationBootstrap(): void {
    this.leases.open();
  }

  /** Stores when those online were last seen, then lets the sockets go without announcing anything. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    clearInterval(this.storing);
    this.leases.quiet();
    const limit = new AbortController();
    const stored = this.storeAll().finally(() => limit.abort());
    const tooLong = delay(SHUTDOWN_STORE_MS, undefined, limit).catch(() => undefined);
    await Promise.race([stored, tooLong]).catch((error: unknown) =>
      this.logger.warn(`Last-seen times were not stored: ${messageOf(error)}`),
    );
  }

  /** The sockets are closed: whoever does not come back on another node within the grace is gone. */
  async onApplicationShutdown(): Promise<void> {
    await this.leases.close();
  }

  /** The time by which people come and go, the same on every node. */
  now(): Date {
    return this.leases.now();
  }

  /** The presence of these people, as it truly is. */
  async of(userIds: string[]): Promise<Map<string, PresenceState>> {
    // Read for those who are here too: what it costs must not show that somebody who looks gone is here.
    const [known, stored] = await Promise.all([this.leases.find(userIds), this.users.lastSeenOf(userIds)]);
    return new Map(
      userIds.map((id) => {
        const offline = { isOnline: false, lastSeen: stored.get(id) ?? null };
        return [id, this.leases.here(id) ?? known.get(id) ?? offline];
      }),
    );
  }

  /** Those of these people who look online at this moment, as far as this node can know. */
  async onlineAmong(userIds: string[]): Promise<Set<string>> {
    const known = await this.leases.find(userIds);
    return new Set(userIds.filter((id) => known.get(id)?.isOnline));
  }

  /** Those of these changes that no other node has overtaken: the others need not be told any more. */
  confirm<C extends Claim>(changes: C[]): Promise<C[]> {
    return this.leases.confirm(changes);
  }

  private arrive(userId: string, socketId: string): void {
    if (this.isClosing) return;
    const sockets = this.sockets.get(userId) ?? new Set();
    this.sockets.set(userId, sockets.add(socketId));
    if (sockets.size === 1) this.leases.take(userId);
  }

  private leave(userId: string, socketId: string): void {
    if (this.isClosing) return;
    const sockets = this.sockets.get(userId);
    if (!sockets?.delete(socketId) || sockets.size > 0) return;
    this.sockets.delete(userId);
    this.leases.release(userId);
  }

  private announce(change: PresenceChange): void {
    this.events.emit('presence.changed', change);
    const what = change.isOnline ? 'Storing who came online' : 'Storing who went offline';
    inBackground(this.logger, what, this.store([change.userId], change.lastSeen));
  }

  private async storeAll(): Promise<void> {
    const times = new Map<number, string[]>();
    for (const [userId, at] of await this.leases.lastSeen()) {
      const seen = times.get(at.getTime());
      if (seen) seen.push(userId);
      else times.set(at.getTime(), [userId]);
    }
    await Promise.all([...times].map(([at, userIds]) => this.store(userIds, new Date(at))));
  }

  private async store(userIds: string[], at: Date): Promise<void> {
    await this.users.recordSeen(userIds, at);
    const gone = userIds.filter((id) => !this.leases.here(id)?.isOnline);
    if (gone.length > 0) this.leases.stored(gone, at);
  }
}
