import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusals } from '../errors/refusals.js';
import { toChatError } from '../errors/to-chat-error.js';

/** Writes every HTTP error in the contract's shape, and tells the operator what the client is not told. */
@Catch()
@Injectable()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly refusals: Refusals) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { id, method, routeOptions } = host.switchToHttp().getRequest<FastifyRequest>();
    const error = toChatError(thrown);
    this.refusals.count('http', error.code);
    if (error.getStatus() >= 500) {
      this.logger.error({
        requestId: id,
        route: `${method} ${routeOptions?.url}`,
        code: error.code,
        err: error.cause ?? error,
      });
    }
    if (error.retryAfter !== undefined) reply.header('Retry-After', Math.ceil(error.retryAfter));
    void reply.status(error.getStatus()).send(error.body());
  }
}
