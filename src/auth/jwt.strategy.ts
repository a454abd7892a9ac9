import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import type { Identity } from '../common/identity.js';
import { AppConfig } from '../config/app-config.js';
import { VERIFY_OPTIONS } from './access-tokens.js';
import { identityIn, type Jwt, LONGEST_TOKEN } from './claims.js';
import { signingKey } from '../config/secrets.js';

/** The access token of an HTTP request, with the same options and the same claims as everywhere else. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) implements OnApplicationShutdown {
  constructor(config: AppConfig) {
    super({
      ...VERIFY_OPTIONS,
      jsonWebTokenOptions: VERIFY_OPTIONS,
      jwtFromRequest: bearerToken,
      // jsonwebtoken takes a KeyObject, which the types of passport-jwt do not know.
      secretOrKey: signingKey(config) as unknown as Buffer,
    });
    // Passport keeps one list for the process: a name of its own keeps two applications in it apart.
    this.name = `jwt ${randomUUID()}`;
    passport.use(this);
  }

  /** Not earlier: until then requests are still answered. */
  onApplicationShutdown(): void {
    passport.unuse(this.name);
  }

  /** A payload of `null` makes the library throw, in the place of a refusal. */
  override authenticate(...request: Parameters<Strategy['authenticate']>): void {
    try {
      super.authenticate(...request);
    } catch (error) {
      this.fail(error, 401);
    }
  }

  /** @throws ChatError `unauthorized` */
  validate(verified: Jwt): Identity {
    return identityIn(verified);
  }
}

/** The token of `Authorization: Bearer` (RFC 6750, 2.1), taken from nowhere else. */
function bearerToken({ headers }: FastifyRequest): string | null {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return token !== undefined && token.length <= LONGEST_TOKEN ? token : null;
}
