import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../common/message-of.js';
import { inBackground } from '../common/background.js';
import { DomainEvents } from '../common/domain-events.js';
import { AppConfig } from '../config/app-config.js';
import { UsersRepository } from '../users/users.repository.js';
import type { PresenceState } from './presence.js';
import { Stay } from './stay.js';

/** How often the last-seen time of everybody online is stored, so that a crash leaves it minutes old, not days. */
const STORE_EVERY_MS = 3 * 60_000;

/** How long the shutdown waits for the last-seen times to be stored, in milliseconds. */
const SHUTDOWN_STORE_MS = 2000;

/**
 * Who is online, and when everybody else last was. Online means at least one live socket; going offline is
 * announced once, after the grace period without any, and until then the person looks online. Knows nobody's
 * friends: who may see what is decided by who asks.
 */
@Injectable()
export class PresenceService implements OnModuleInit, BeforeApplicationShutdown {
  /** How long someone without a socket still looks online, in milliseconds. */
  readonly graceMs: number;
  private readonly logger = new Logger(PresenceService.name);
  /** Everybody online, and those gone whose last-seen time is not stored yet. */
  private readonly stays = new Map<string, Stay>();
  private storing: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(
    config: AppConfig,
    private readonly events: DomainEvents,
    private readonly users: UsersRepository,
  ) {
    this.graceMs = config.PRESENCE_GRACE_MS;
  }

  onModuleInit(): void {
    this.events.on('connection.opened', ({ userId, socketId }) => this.arrive(userId, socketId));
    this.events.on('connection.closed', ({ userId, socketId }) => this.leave(userId, socketId));
    this.storing = setInterval(
      () => inBackground(this.logger, 'Storing who is online', this.storeAll()),
      STORE_EVERY_MS,
    ).unref();
  }

  /** Stores when those online were last seen, then lets the sockets go without announcing anything. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    clearInterval(this.storing);
    for (const stay of this.stays.values()) stay.stopWaiting();
    const limit = new AbortController();
    const stored = this.storeAll().finally(() => limit.abort());
    const tooLong = delay(SHUTDOWN_STORE_MS, undefined, limit).catch(() => undefined);
    await Promise.race([stored, tooLong]).catch((error: unknown) =>
      this.logger.warn(`Last-seen times were not stored: ${messageOf(error)}`),
    );
  }

  /** The presence of these people, as it truly is. */
  async of(userIds: string[]): Promise<Map<string, PresenceState>> {
    const known = new Map(userIds.map((id) => [id, this.here(id)]));
    const away = userIds.filter((id) => !known.get(id));
    const stored = away.length > 0 ? await this.users.lastSeenOf(away) : new Map<string, Date | null>();
    return new Map(
      userIds.map((id) => {
        const offline = { isOnline: false, lastSeen: stored.get(id) ?? null };
        return [id, this.here(id) ?? known.get(id) ?? offline];
      }),
    );
  }

  /** Those of these people who look online at this moment. */
  onlineAmong(userIds: string[]): string[] {
    return userIds.filter((id) => this.here(id)?.isOnline);
  }

  private arrive(userId: string, socketId: string): void {
    if (this.isClosing) return;
    const current = this.stays.get(userId);
    if (current && !current.isOver) {
      current.add(socketId);
      return;
    }
    const stay = new Stay(new Date());
    stay.add(socketId);
    this.stays.set(userId, stay);
    this.events.emit('presence.changed', { userId, isOnline: true, lastSeen: stay.cameAt });
    inBackground(this.logger, 'Storing who came online', this.users.recordSeen([userId], stay.cameAt));
  }

  private leave(userId: string, socketId: string): void {
    if (this.isClosing) return;
    const stay = this.stays.get(userId);
    stay?.remove(socketId, this.graceMs, (leftAt) => this.end(userId, stay, leftAt));
  }

  private end(userId: string, stay: Stay, leftAt: Date): void {
    this.events.emit('presence.changed', { userId, isOnline: false, lastSeen: leftAt });
    inBackground(this.logger, 'Storing who went offline', this.storeEnd(userId, stay, leftAt));
  }

  private here(userId: string): PresenceState | undefined {
    const stay = this.stays.get(userId);
    if (!stay) return undefined;
    return stay.isOver
      ? { isOnline: false, lastSeen: stay.leftAt ?? stay.cameAt }
      : { isOnline: true, lastSeen: stay.cameAt };
  }

  /** A stay is forgotten only once its end is stored, so that there is no moment at which an old time shows. */
  private async storeEnd(userId: string, stay: Stay, leftAt: Date): Promise<void> {
    await this.users.recordSeen([userId], leftAt);
    if (this.stays.get(userId) === stay) this.stays.delete(userId);
  }

  private async storeAll(): Promise<void> {
    const now = new Date();
    const times = new Map<number, string[]>();
    for (const [userId, stay] of this.stays) {
      const at = stay.lastSeen(now).getTime();
      const seen = times.get(at);
      if (seen) seen.push(userId);
      else times.set(at, [userId]);
    }
    await Promise.all([...times].map(([at, userIds]) => this.users.recordSeen(userIds, new Date(at))));
    this.forgetThoseGone(now);
  }

  private forgetThoseGone(before: Date): void {
    for (const [userId, stay] of this.stays) {
      if (stay.isOver && stay.leftAt && stay.leftAt <= before) this.stays.delete(userId);
    }
  }
}
