import { AuthGuard } from '@nestjs/passport';
import { refusalFor } from './access-tokens.js';

/** Leaves the identity of a request with a valid access token in `request.user`, and refuses any other. */
export class BearerGuard extends AuthGuard() {
  /** @param strategyName - under which Passport knows the strategy */
  constructor(strategyName: string) {
    super({ defaultStrategy: strategyName });
  }

  /** @throws ChatError `unauthorized`, `token_expired` */
  override handleRequest<T>(error: unknown, identity: T | false, refusal: unknown): T {
    if (error) throw error;
    if (!identity) throw refusalFor(refusal);
    return identity;
  }
}
