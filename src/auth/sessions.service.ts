import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { AppConfig } from '../config/app-config.js';
import { newId } from '../database/ids.js';
import { Transactions } from '../database/transactions.js';
import type { Client } from './client.js';
import { Liveness } from './liveness.js';
import type { RefreshClaim } from './refresh-tokens.js';
import type { Session, SessionInfo } from './session.js';
import { SessionsRepository } from './sessions.repository.js';

/** How long a session lives without a refresh, in milliseconds; never shorter than its access token. */
const LIFETIME_MS = 30 * 24 * 3600 * 1000;

/** How long an exchanged refresh token still gives the same successor, in milliseconds. */
const GRACE_MS = 30_000;

/** Signed-in devices: how they begin, go on and end. */
@Injectable()
export class SessionsService {
  private readonly lifetimeMs: number;

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly liveness: Liveness,
    private readonly transactions: Transactions,
    config: AppConfig,
  ) {
    this.lifetimeMs = Math.max(LIFETIME_MS, config.accessTokenTtl * 1000);
  }

  /** A person signs in on a device. */
  async begin(userId: string, client: Client): Promise<Session> {
    const now = new Date();
    const session: Session = {
      ...client,
      _id: newId(),
      userId,
      refreshCounter: 0,
      rotatedAt: null,
      createdAt: now,
      lastUsedAt: now,
      revokedAt: null,
      expiresAt: this.endFrom(now),
    };
    await this.sessions.create(session);
    return session;
  }

  /** The person's signed-in devices, the one used last first. */
  async list(me: Identity): Promise<SessionInfo[]> {
    const sessions = await this.sessions.findAllAlive(me.userId);
    return sessions.map((session) => infoOf(session, me.sessionId));
  }

  /**
   * Ends a session for good: its tokens are refused and its sockets disconnected.
   *
   * @throws ChatError `not_found` when it is not a living session of this person
   */
  async end(userId: string, sessionId: string): Promise<void> {
    const isEnded = await this.sessions.revoke(userId, sessionId, new Date());
    if (!isEnded) throw new ChatError('not_found');
    this.liveness.end(userId, [sessionId]);
  }

  /** Ends the session, if it has not ended already. */
  async endIfAlive(userId: string, sessionId: string): Promise<void> {
    await this.sessions.revoke(userId, sessionId, new Date());
    this.liveness.end(userId, [sessionId]);
  }

  /**
   * Ends all of the person's sessions but the one that asks.
   *
   * @param together - what is stored with it, or not at all
   */
  async endOthers(me: Identity, together: (transaction: ClientSession) => Promise<void>): Promise<void> {
    const { userId, sessionId } = me;
    const ended = await this.transactions.run(async (transaction) => {
      await together(transaction);
      return this.sessions.revokeOthers(userId, sessionId, new Date(), transaction);
    });
    this.liveness.end(userId, ended);
    // The transaction does not see sessions that began while it ran.
    this.liveness.end(userId, await this.sessions.revokeOthers(userId, sessionId, new Date()));
  }

  /**
   * Exchanges a refresh token for its successor. Again within 30 s, while the successor is unused, is the same
   * exchange; any other second use means that somebody else has the token, and ends the session (RFC 9700, 4.14.2).
   *
   * @returns the session, its counter that of the successor
   * @throws ChatError `session_revoked`, `refresh_reused`
   */
  async refresh({ sessionId, counter }: RefreshClaim): Promise<Session> {
    const now = new Date();
    const advanced = await this.sessions.advanceRefresh(sessionId, counter, now, this.endFrom(now));
    if (advanced) return advanced;
    const latest = await this.sessions.findLatest(sessionId);
    if (!latest) throw new ChatError('session_revoked');
    if (isJustExchanged(latest, counter)) return latest;
    await this.endIfAlive(latest.userId, sessionId);
    throw new ChatError('refresh_reused');
  }

  private endFrom(moment: Date): Date {
    return new Date(moment.getTime() + this.lifetimeMs);
  }
}

function isJustExchanged({ refreshCounter, rotatedAt }: Session, counter: number): boolean {
  return refreshCounter === counter + 1 && rotatedAt !== null && Date.now() - rotatedAt.getTime() <= GRACE_MS;
}

function infoOf(session: Session, currentId: string): SessionInfo {
  return {
    _id: session._id,
    userAgent: session.userAgent,
    ip: session.ip,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    current: session._id === currentId,
  };
}
