import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Identity } from '../common/identity.js';

/**
 * One line a request: its route and not its address, which could carry a token, and never a body. The id is
 * given to the client too, so that a report can be found in the log.
 */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { user } = request as { user?: Identity };
    logger.info({
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ...(user && { userId: user.userId }),
    });
    done();
  });
}
