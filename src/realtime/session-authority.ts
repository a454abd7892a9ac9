import { Injectable } from '@nestjs/common';
import type { Identity } from '../common/identity.js';

/** What sockets need to know about sessions. */
export interface SessionAuthority {
  /** @throws ChatError `unauthorized`, `token_expired` or `session_revoked` */
  authenticate(token: string): Promise<Identity>;
  /** Whether the session may still be used, asked of the store. */
  isAlive(identity: Identity): Promise<boolean>;
}

/** The port by which the feature that knows sessions serves the sockets, which know no feature. */
@Injectable()
export class SessionPort implements SessionAuthority {
  private authority: SessionAuthority | undefined;

  register(authority: SessionAuthority): void {
    this.authority = authority;
  }

  authenticate(token: string): Promise<Identity> {
    return this.registered.authenticate(token);
  }

  isAlive(identity: Identity): Promise<boolean> {
    return this.registered.isAlive(identity);
  }

  private get registered(): SessionAuthority {
    if (!this.authority) throw new Error('No session authority is registered');
    return this.authority;
  }
}
