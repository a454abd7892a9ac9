import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { messageOf } from '../common/message-of.js';
import { Liveness } from './liveness.js';
import { SessionsRepository } from './sessions.repository.js';

/** How often the store is asked, in milliseconds. */
const EVERY_MS = 1000;

/**
 * How far each look reaches behind the last one, in milliseconds: clocks of nodes differ, and a revocation has
 * its time before it is stored.
 */
const OVERLAP_MS = 60_000;

/**
 * Looks for sessions that other nodes revoked, so that their sockets end here within two seconds also when what
 * one node tells the others is lost.
 */
@Injectable()
export class RevocationWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RevocationWatch.name);
  private lastLook = earlierNow();
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isStopped = false;

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly liveness: Liveness,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(EVERY_MS);
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(delay: number): void {
    this.timer = setTimeout(() => void this.tick(), delay).unref();
  }

  private async tick(): Promise<void> {
    const begun = performance.now();
    const moment = earlierNow();
    try {
      await this.look();
      this.lastLook = moment;
      this.isFailing = false;
    } catch (error) {
      this.complain(error);
    }
    if (!this.isStopped) this.schedule(Math.max(0, EVERY_MS - (performance.now() - begun)));
  }

  private async look(): Promise<void> {
    const ended = await this.sessions.findRevokedSince(new Date(this.lastLook - OVERLAP_MS));
    const people = new Map<string, string[]>();
    for (const { _id, userId } of ended) people.set(userId, [...(people.get(userId) ?? []), _id]);
    for (const [userId, ids] of people) this.liveness.end(userId, ids);
  }

  /** Says once what may go on for long. */
  private complain(error: unknown): void {
    if (this.isFailing || this.isStopped) return;
    this.isFailing = true;
    this.logger.warn(`Revoked sessions cannot be looked up: ${messageOf(error)}. Trying on every second.`);
  }
}

/**
 * Now by the clock as it stands, or as it would stand had nobody set it since the start: the earlier of the two. A
 * look too far back costs little; one that is not far enough misses what other nodes, whose clocks were not set,
 * have written.
 */
function earlierNow(): number {
  return Math.min(Date.now(), performance.timeOrigin + performance.now());
}
