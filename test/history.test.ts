import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Message } from '../src/realtime/wire.js';
import { Person, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp({ HISTORY_BARE_LIMIT: '8' });
  ({ ann, bob } = await friends(app.url));
  const phone = await ann.connects();
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      phone.asks('sendMessage', { recipientId: bob.id, text: `${index + 1}` }),
    ),
  );
  ann.leaves();
});
afterAll(() => app.stop());

/** The page as numbers, and where its `Link` header leads. */
async function page(query: string) {
  const { body, headers } = await bob.get<Message[]>(`/api/messages/${ann.id}${query}`);
  const links = Object.fromEntries(
    [...(headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, path, rel]) => [rel, path]),
  );
  return { seqs: body.map(({ seq }) => seq), links };
}

describe('History', () => {
  test('the specification’s own form gives the newest HISTORY_BARE_LIMIT, oldest first', async () => {
    const { seqs, links } = await page('');
    expect(seqs).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(links).toEqual({ prev: expect.any(String) });
  });

  test('any parameter makes it a page', async () => {
    expect((await page('?limit=50')).seqs).toHaveLength(12);
    expect(await page('?limit=3')).toMatchObject({ seqs: [10, 11, 12], links: { prev: expect.any(String) } });
    expect((await page('?before=4')).seqs).toEqual([1, 2, 3]);
    expect((await page('?after=10')).seqs).toEqual([11, 12]);
    expect((await page('?after=0&limit=2')).seqs).toEqual([1, 2]);
    expect((await page('?before=1')).seqs).toEqual([]);
    expect((await page('?after=12')).seqs).toEqual([]);
    expect((await page('?after=9007199254740991')).seqs).toEqual([]);
  });

  test('the links lead through the whole history, in both directions', async () => {
    const walk = async (rel: 'prev' | 'next', start: string) => {
      const pages: number[][] = [];
      for (let query: string | undefined = start; query !== undefined;) {
        const { seqs, links }: Awaited<ReturnType<typeof page>> = await page(query);
        pages.push(seqs);
        query = links[rel]?.replace(/^.*\?/, '?');
      }
      return pages;
    };
    expect(await walk('prev', '?limit=5')).toEqual([
      [8, 9, 10, 11, 12],
      [3, 4, 5, 6, 7],
      [1, 2],
    ]);
    expect(await walk('next', '?after=0&limit=5')).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
      [11, 12],
    ]);
  });

  test('a page in the middle has both neighbours, the ends have one', async () => {
    expect(Object.keys((await page('?after=3&limit=3')).links)).toEqual(['prev', 'next']);
    expect(Object.keys((await page('?before=8&limit=3')).links)).toEqual(['prev', 'next']);
    expect(Object.keys((await page('?before=3&limit=3')).links)).toEqual(['next']);
    expect(Object.keys((await page('?after=10&limit=3')).links)).toEqual(['prev']);
  });

  test('no conversation yet: an empty list', async () => {
    const carl = await Person.signUp(app.url, 'Carl');
    expect(await carl.reads(ann)).toEqual([]);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['before=0', 'before'],
    ['after=-1', 'after'],
    ['after=99999999999999999999', 'after'],
    ['after[$gt]=1', 'after[$gt]'],
    ['before=3&after=1', 'after'],
    ['select=text', 'select'],
  ])('?%s is refused', async (query, field) => {
    expect(await bob.get(`/api/messages/${ann.id}?${query}`)).toMatchObject({
      status: 400,
      body: { success: false, code: 'validation_failed', errors: [{ field }] },
    });
  });

  test('unknown person 404, bad id 400, oneself 400, no token 401, HEAD like GET', async () => {
    expect(await bob.get(`/api/messages/${'f'.repeat(24)}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await bob.get('/api/messages/abc')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
    expect(await bob.get(`/api/messages/${bob.id}`)).toMatchObject({
      status: 400,
      body: { code: 'to_oneself' },
    });
    const head = (headers: Record<string, string>) =>
      fetch(`${app.url}/api/messages/${ann.id}`, { method: 'HEAD', headers }).then(({ status }) => status);
    expect(await head({})).toBe(401);
    expect(await head({ authorization: `Bearer ${bob.token}` })).toBe(200);
  });

  test('who is not part of the conversation sees nothing of it', async () => {
    const carl = await Person.signUp(app.url, 'Carl');
    expect(await carl.reads(bob)).toEqual([]);
    expect(await carl.reads(ann)).toEqual([]);
  });
});
