import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { inBackground } from '../common/background.js';
import { SessionsRepository } from './sessions.repository.js';

/** How often at most the use of one session is stored, in milliseconds. */
const AT_MOST_EVERY_MS = 60_000;

/** How long uses are gathered into one write, in milliseconds. */
const GATHERED_MS = 1000;

/** Stores when sessions were last used: behind the requests, gathered, and at most once a minute each. */
@Injectable()
export class SessionUse implements OnModuleDestroy {
  private readonly logger = new Logger(SessionUse.name);
  /** When the use of a session was last passed on, the oldest first. */
  private readonly noted = new Map<string, number>();
  private gathered: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sessions: SessionsRepository) {}

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** The session is in use now. */
  note(sessionId: string): void {
    const now = performance.now();
    const last = this.noted.get(sessionId);
    if (last !== undefined && now - last < AT_MOST_EVERY_MS) return;
    this.forgetOld(now);
    this.noted.delete(sessionId);
    this.noted.set(sessionId, now);
    this.gathered.push(sessionId);
    this.timer ??= setTimeout(() => this.store(), GATHERED_MS).unref();
  }

  private store(): void {
    const ids = this.gathered;
    this.gathered = [];
    this.timer = undefined;
    const now = Date.now();
    const stored = this.sessions.recordUse(ids, new Date(now), new Date(now - AT_MOST_EVERY_MS));
    inBackground(this.logger, 'Storing which sessions are in use', stored);
  }

  private forgetOld(now: number): void {
    for (const [id, last] of this.noted) {
      if (now - last < AT_MOST_EVERY_MS) break;
      this.noted.delete(id);
    }
  }
}
