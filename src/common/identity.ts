import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Who is calling: a person, and the session (one signed-in device) the call belongs to. */
export interface Identity {
  /** The person: `sub` of the access token. */
  userId: string;
  /** The session: `sid` of the access token. */
  sessionId: string;
  /** When the access token ends, in seconds since 1970: `exp`. */
  expiresAt: number;
}

/** Where a guard leaves the identity: on the HTTP request as `user`, on the socket in its `data`. */
export function identityOf(context: ExecutionContext): Identity {
  const holder: { user?: Identity } =
    context.getType() === 'ws' ? context.switchToWs().getClient().data : context.switchToHttp().getRequest();
  if (!holder.user) throw new Error('No identity: the guard did not run before the handler');
  return holder.user;
}

/** The caller, for the parameters of controllers and gateways alike. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Identity =>
  identityOf(context),
);
