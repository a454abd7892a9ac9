import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../common/metrics.js';

/** Measures every request by route, which is bounded, and not by address, which is not. */
export function measureRequests(fastify: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.latency('http_request_seconds', 'HTTP requests by route and status.', [
    'method',
    'route',
    'status',
  ]);
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
}
