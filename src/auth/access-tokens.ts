import { Injectable } from '@nestjs/common';
import { JwtService, TokenExpiredError } from '@nestjs/jwt';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { AppConfig } from '../config/app-config.js';
import { type Jwt, LONGEST_TOKEN, identityIn } from './claims.js';

/** Who issues access tokens, and for whom. */
const NAME = 'reals2chat';

/** What the library checks of a token, wherever it comes in. The rest is checked by `identityIn`. */
export const VERIFY_OPTIONS = {
  algorithms: ['HS256' as const],
  issuer: NAME,
  audience: NAME,
  complete: true as const,
};

/** Access tokens: JWTs (RFC 7519) that say who is calling and by which session. */
@Injectable()
export class AccessTokens {
  /** Life of a token in seconds. */
  readonly lifetime: number;

  constructor(
    private readonly jwt: JwtService,
    config: AppConfig,
  ) {
    this.lifetime = config.accessTokenTtl;
  }

  issue({ userId, sessionId }: Omit<Identity, 'expiresAt'>): string {
    return this.jwt.sign(
      { sid: sessionId },
      { algorithm: 'HS256', subject: userId, issuer: NAME, audience: NAME, expiresIn: this.lifetime },
    );
  }

  /**
   * Who presents this token. Says nothing about whether the session still lives.
   *
   * @throws ChatError `unauthorized`, `token_expired`
   */
  verify(token: string): Identity {
    if (token.length > LONGEST_TOKEN) throw new ChatError('unauthorized');
    return identityIn(this.verified(token));
  }

  private verified(token: string): Jwt {
    try {
      return this.jwt.verify<Jwt>(token, VERIFY_OPTIONS);
    } catch (error) {
      throw refusalFor(error);
    }
  }
}

/** What a client is told about a token that the library refused. */
export function refusalFor(error: unknown): ChatError {
  return new ChatError(error instanceof TokenExpiredError ? 'token_expired' : 'unauthorized');
}
