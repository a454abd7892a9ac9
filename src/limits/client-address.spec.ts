import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { clientAddress, networkOf } from './client-address.js';

const HEADERS: (string | string[] | undefined)[] = [
  undefined,
  '',
  ' ',
  ',',
  ' , ,',
  '203.0.113.7',
  ' 203.0.113.7 ',
  '198.51.100.1, 203.0.113.7',
  '198.51.100.1,203.0.113.7,192.0.2.1',
  '198.51.100.1,,203.0.113.7',
  ',203.0.113.7',
  '203.0.113.7,',
  'unknown, 203.0.113.7:4711',
  '2001:db8::1, [2001:db8::2]:4711',
  '127.0.0.1, 127.0.0.1',
  ['198.51.100.1', '203.0.113.7'],
];

/** The same request, as Fastify sees it and as we do. */
async function seen(header: string | string[] | undefined, trusted: number): Promise<unknown> {
  const app = fastify({ trustProxy: (_, hop) => hop < trusted });
  app.get('/', ({ ip, raw }) => ({ fastify: ip, ours: clientAddress(raw, trusted) }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const headers = header === undefined ? {} : { 'x-forwarded-for': header };
  const sent = request({ port, host: '127.0.0.1', headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  const answer = JSON.parse(await text(response)) as unknown;
  await app.close();
  return answer;
}

describe('clientAddress is what Fastify takes for the address', () => {
  test.each([0, 1, 2, 3])('with %i trusted proxies', async (trusted) => {
    for (const header of HEADERS) {
      const answer = (await seen(header, trusted)) as { fastify: string; ours: string };
      expect([header, answer.ours]).toEqual([header, answer.fastify]);
    }
  });

  test('which is that of the connection, whatever is claimed, unless a proxy is trusted', async () => {
    expect(await seen('198.51.100.1', 0)).toMatchObject({ ours: '127.0.0.1' });
    expect(await seen('198.51.100.1, 203.0.113.7', 1)).toMatchObject({ ours: '203.0.113.7' });
  });
});

describe('networkOf', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:4711', '203.0.113.7'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:0:0:0:9', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:4711', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['', ''],
  ])('of %p is %p', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test('is short, whatever a proxy sends', () => {
    for (const letter of ['x', ':', '[', '1.', '%', 'f:']) {
      expect(networkOf(letter.repeat(10_000)).length).toBeLessThanOrEqual(45);
    }
  });
});
