import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ChatError } from '../errors/chat-error.js';

/**
 * Refuses a request that says not at all, or in two ways, which host it is for: what stands in front may have read
 * another one (RFC 9112, 3.2). Node looks only whether there is one, and answers without a body.
 */
export function requireOneHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (hasOneHost(request.raw)) return done();
    reply.header('Connection', 'close');
    done(new ChatError('validation_failed', { message: 'A request must have one Host header.' }));
  });
}

/** Whether the request names one host; HTTP/1.0 need not. */
export function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}
