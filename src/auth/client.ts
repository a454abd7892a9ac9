import { isIP } from 'node:net';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Where a sign-in comes from, as far as the request says. Shown to the person, never decided upon. */
export interface Client {
  userAgent: string | null;
  ip: string | null;
}

/** Longest user agent that is kept, in characters. */
const LONGEST_USER_AGENT = 256;

/** Where the request comes from, for the parameters of controllers. */
export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext): Client =>
  clientOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** What is kept of a request's origin: the user agent in printable characters, the address if it is one. */
export function clientOf({ headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>): Client {
  const printable = headers['user-agent']?.replaceAll(/[^\x20-\x7E\xA0-\xFF]/g, '').trim();
  const address = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  return {
    userAgent: printable?.slice(0, LONGEST_USER_AGENT) || null,
    ip: isIP(address) ? address : null,
  };
}
