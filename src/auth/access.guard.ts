import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ChatError } from '../common/errors/chat-error.js';
import { type Identity, identityOf } from '../common/identity.js';
import { IS_PUBLIC } from '../common/public.decorator.js';
import type { ChatSocket } from '../realtime/chat-socket.js';
import { BearerGuard } from './bearer.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Liveness } from './liveness.js';
import { SessionUse } from './session-use.js';

/**
 * The door of every request and event. HTTP: a valid access token of a living session, unless the route is
 * public. Sockets showed theirs in the handshake and are disconnected when the session ends; what is left to see
 * is whether the token is past its end, synchronously, so that events keep their order.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly bearer: BearerGuard;

  constructor(
    private readonly reflector: Reflector,
    private readonly liveness: Liveness,
    private readonly use: SessionUse,
    strategy: JwtStrategy,
  ) {
    this.bearer = new BearerGuard(strategy.name);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() === 'ws') return this.admitEvent(context.switchToWs().getClient<ChatSocket>());
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return isPublic || this.admitRequest(context);
  }

  private async admitRequest(context: ExecutionContext): Promise<boolean> {
    await this.bearer.canActivate(context);
    const identity = identityOf(context);
    await this.liveness.requireAlive(identity);
    this.use.note(identity.sessionId);
    return true;
  }

  private admitEvent({ data }: ChatSocket): boolean {
    const { user }: { user?: Identity } = data;
    if (!user) throw new ChatError('unauthorized');
    if (this.liveness.isEnded(user.sessionId)) throw new ChatError('session_revoked');
    if (user.expiresAt * 1000 <= Date.now()) throw new ChatError('token_expired');
    this.use.note(user.sessionId);
    return true;
  }
}
