import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import type { ChatSocket } from '../realtime/chat-socket.js';
import { Connections } from '../realtime/connections.js';
import { type SessionAuthority, SessionPort } from '../realtime/session-authority.js';
import { AccessTokens } from './access-tokens.js';
import { Liveness } from './liveness.js';
import { SessionUse } from './session-use.js';

/** Says to the sockets who presents a token. */
@Injectable()
export class Authenticator implements SessionAuthority, OnModuleInit {
  constructor(
    private readonly port: SessionPort,
    private readonly tokens: AccessTokens,
    private readonly liveness: Liveness,
    private readonly use: SessionUse,
    private readonly connections: Connections,
  ) {}

  onModuleInit(): void {
    this.port.register(this);
  }

  async authenticate(token: string): Promise<Identity> {
    const identity = this.tokens.verify(token);
    await this.liveness.requireAlive(identity);
    this.use.note(identity.sessionId);
    return identity;
  }

  isAlive(identity: Identity): Promise<boolean> {
    return this.liveness.isAliveNow(identity);
  }

  /**
   * Lets a socket stay until the end of a fresh token of the same session.
   *
   * @throws ChatError `unauthorized`, `token_expired`, `session_revoked`; nothing has changed then
   */
  async renew(socket: ChatSocket, token: string): Promise<void> {
    const identity = await this.authenticate(token);
    const { userId, sessionId } = socket.data.user;
    if (identity.userId !== userId || identity.sessionId !== sessionId) throw new ChatError('unauthorized');
    this.connections.renew(socket, identity);
  }
}
