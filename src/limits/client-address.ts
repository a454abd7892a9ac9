import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Longer than any address; what a proxy might send in its place is cut. */
const LONGEST = 45;

/**
 * The address of the client as far as it can be believed: that of the connection, or with proxies in front the one
 * that the outermost trusted one has seen. Each proxy appends to `X-Forwarded-For` whom it was called by, so what
 * stands further left was made up by the client. Fastify's `request.ip` is the same; Socket.IO's requests do not
 * pass Fastify.
 *
 * @param trusted - number of proxies in front
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
  trusted: number,
): string {
  const address = socket.remoteAddress ?? '';
  const header = trusted > 0 ? headers['x-forwarded-for'] : undefined;
  if (typeof header !== 'string') return address;
  const seen = header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return seen.at(-Math.min(trusted, seen.length)) ?? address;
}

/**
 * What counts as one client: an IPv4 address, or the network of 64 bits that is the least that somebody with IPv6
 * has (RFC 6177). The port that some proxies add is left out.
 */
export function networkOf(address: string): string {
  const bare = withoutPort(address.slice(0, LONGEST + '[]:65535'.length)).split('%')[0] ?? '';
  if (!isIPv6(bare)) return bare.slice(0, LONGEST);
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** What counts as the client of a request, for the parameters of controllers. */
export const FromNetwork = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  networkOf(context.switchToHttp().getRequest<FastifyRequest>().ip),
);

function withoutPort(address: string): string {
  return /^\[([^\]]*)\]/.exec(address)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address)?.[1] ?? address;
}

/** The eight groups of a valid IPv6 address, written in whatever way. */
function groupsOf(address: string): number[] {
  const hex = address.replace(
    /(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/,
    (_, a: string, b: string, c: string, d: string) => {
      const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)];
      return `${high.toString(16)}:${low.toString(16)}`;
    },
  );
  const [left = '', right] = hex.split('::');
  const [before, after] = [left, right ?? ''].map((part) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)),
  ) as [number[], number[]];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
