import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { Realtime } from '../realtime/realtime.js';
import { SessionsRepository } from './sessions.repository.js';

/** How long the store's "alive" is believed, in milliseconds: another node may have revoked meanwhile. */
const BELIEVED_MS = 1000;

/** Most revoked sessions that are remembered; the store knows the others. */
const MOST_REMEMBERED = 100_000;

interface Check {
  /** By the monotonic clock, in milliseconds. */
  until: number;
  /** Whose session it is, if it is alive. */
  owner: Promise<string | undefined>;
}

/** Whether sessions still live, and what happens on this node at the moment one does not. */
@Injectable()
export class Liveness {
  /** In the order in which they stop being believed. */
  private readonly checks = new Map<string, Check>();
  private readonly ended = new Set<string>();

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly realtime: Realtime,
  ) {}

  /**
   * Refuses a session that was revoked: at once if that was on this node, else within a second.
   *
   * @throws ChatError `session_revoked`
   */
  async requireAlive({ userId, sessionId }: Identity): Promise<void> {
    const owner = await (this.believed(sessionId) ?? this.ask(sessionId));
    if (owner !== userId || this.isEnded(sessionId)) throw new ChatError('session_revoked');
  }

  /** Whether the session is alive at this moment, asked of the store. */
  async isAliveNow({ userId, sessionId }: Identity): Promise<boolean> {
    const owner = await this.ask(sessionId);
    return owner === userId && !this.isEnded(sessionId);
  }

  /** Whether this node knows that the session was revoked. */
  isEnded(sessionId: string): boolean {
    return this.ended.has(sessionId);
  }

  /** To be called when sessions of a person were revoked and that is stored: their sockets end. */
  end(userId: string, sessionIds: string[]): void {
    const news = sessionIds.filter((id) => !this.ended.has(id));
    for (const id of news) {
      this.ended.add(id);
      this.checks.delete(id);
    }
    for (const oldest of this.ended) {
      if (this.ended.size <= MOST_REMEMBERED) break;
      this.ended.delete(oldest);
    }
    this.realtime.endSessions(userId, news);
  }

  private believed(sessionId: string): Promise<string | undefined> | undefined {
    const check = this.checks.get(sessionId);
    return check && check.until > performance.now() ? check.owner : undefined;
  }

  private ask(sessionId: string): Promise<string | undefined> {
    this.forgetOld();
    const check: Check = {
      until: performance.now() + BELIEVED_MS,
      owner: this.sessions.findOwnerOfAlive(sessionId),
    };
    this.checks.delete(sessionId);
    this.checks.set(sessionId, check);
    const forget = (): void => {
      if (this.checks.get(sessionId) === check) this.checks.delete(sessionId);
    };
    check.owner.then((owner) => owner ?? forget(), forget);
    return check.owner;
  }

  private forgetOld(): void {
    const now = performance.now();
    for (const [id, { until }] of this.checks) {
      if (until > now) break;
      this.checks.delete(id);
    }
  }
}
