import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { AppConfig } from '../config/app-config.js';
import { derivedKey } from '../config/secrets.js';

const FORM = /^([0-9a-f]{24})\.(0|[1-9]\d{0,9})\.([\w-]{43})$/;

/** What a refresh token stands for: the n-th one of a session, beginning with 0. */
export interface RefreshClaim {
  sessionId: string;
  counter: number;
}

/**
 * Refresh tokens: `<sid>.<counter>.<HMAC-SHA-256, base64url>`, opaque to clients. No secret is stored, and the
 * successor of a token can be made again, so that two tabs and a lost answer get the same one.
 */
@Injectable()
export class RefreshTokens {
  private readonly key: Buffer;

  constructor(config: AppConfig) {
    this.key = derivedKey(config, 'refresh token');
  }

  issue({ sessionId, counter }: RefreshClaim): string {
    const claim = `${sessionId}.${counter}`;
    return `${claim}.${this.macOf(claim)}`;
  }

  /** @throws ChatError `unauthorized` for whatever was not issued here */
  read(token: string): RefreshClaim {
    const [, sessionId, counter, mac] = FORM.exec(token) ?? [];
    if (sessionId === undefined || counter === undefined || mac === undefined) throw refused();
    const expected = this.macOf(`${sessionId}.${counter}`);
    // Compared as text: decoding would let several spellings of one token pass.
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) throw refused();
    return { sessionId, counter: Number(counter) };
  }

  private macOf(claim: string): string {
    return createHmac('sha256', this.key).update(claim).digest('base64url');
  }
}

function refused(): ChatError {
  return new ChatError('unauthorized', { message: 'The refresh token is not valid.' });
}
