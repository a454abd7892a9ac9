import { Injectable, Logger } from '@nestjs/common';
import { Refusals } from '../common/errors/refusals.js';
import { toChatError } from '../common/errors/to-chat-error.js';
import type { ChatError, ErrorBody } from '../common/errors/chat-error.js';
import type { Reply } from './reply.js';

/** Answers a failed event in the contract's shape, and tells the operator what the client is not told. */
@Injectable()
export class SocketErrors {
  private readonly logger = new Logger('Socket');

  constructor(private readonly refusals: Refusals) {}

  answer(thrown: unknown, reply: Reply, event: string): void {
    const error = toChatError(thrown);
    if (error.getStatus() >= 500) this.logger.error({ event, code: error.code, err: error.cause ?? error });
    this.refuse(error, reply);
  }

  /** Refuses an event that no handler has seen. */
  refuse(error: ChatError, reply: Reply): void {
    this.refusals.count('socket', error.code);
    reply.fail(socketBody(error));
  }
}

/** The error body for a socket, which has no header to carry the time to wait. */
export function socketBody(error: ChatError): ErrorBody {
  return { ...error.body(), ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) };
}
