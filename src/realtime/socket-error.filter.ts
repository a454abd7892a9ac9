import { type ArgumentsHost, Catch, Injectable, Logger, type ExceptionFilter } from '@nestjs/common';
import { Refusals } from '../common/errors/refusals.js';
import { toChatError } from '../common/errors/to-chat-error.js';
import type { ChatError, ErrorBody } from '../common/errors/chat-error.js';
import type { Reply } from './reply.js';

/** Answers a failed event in the contract's shape, and tells the operator what the client is not told. */
@Catch()
@Injectable()
export class SocketErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Socket');

  constructor(private readonly refusals: Refusals) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const [, , reply, event] = host.getArgs<[unknown, unknown, Reply, string]>();
    const error = toChatError(thrown);
    this.refusals.count('socket', error.code);
    if (error.getStatus() >= 500) this.logger.error({ event, code: error.code, err: error.cause ?? error });
    reply.fail(socketBody(error));
  }
}

/** The error body for a socket, which has no header to carry the time to wait. */
export function socketBody(error: ChatError): ErrorBody {
  return { ...error.body(), ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) };
}
