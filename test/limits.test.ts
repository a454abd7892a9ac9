import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CAPS, type Rule, RULE_OF_ROUTE, RULES, RULES_OF_EVENT } from '../src/limits/rules.js';
import type { ClientToServerEvents } from '../src/realtime/client-events.js';
import { RedisLink } from '../src/redis/redis-link.js';
import { allow, makeWindowsLong } from './support/limits.js';
import { recordLog } from './support/log.js';
import { call, friends, type HttpAnswer, Person } from './support/person.js';
import { HAS_REDIS, RedisServer } from './support/redis.js';
import { routesOf } from './support/routes.js';
import { ownDatabase, type RunningApp, startApp } from './support/running-app.js';

/** As they are, before the tests change them. */
const ROWS = structuredClone({ ...RULES, ...CAPS }) as Record<
  string,
  Partial<Pick<Rule, 'seconds'>> & Omit<Rule, 'seconds'>
>;
makeWindowsLong();
allow(60, 'requests');
allow(30, 'sends');
allow(40, 'searches');

const apps: RunningApp[] = [];
/** With limits, unless told otherwise; stopped when the test is over. */
async function start(settings: Record<string, string> = {}): Promise<RunningApp> {
  const app = await startApp({ RATE_LIMITS: 'on', ...settings });
  apps.push(app);
  return app;
}
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop();
});

/** Does it this often, one after the other, and gives what came of each. */
async function times<T>(count: number, deed: (index: number) => Promise<T>): Promise<T[]> {
  const outcomes: T[] = [];
  for (let index = 0; index < count; index += 1) outcomes.push(await deed(index));
  return outcomes;
}

const search = (person: Person, url = person.url) =>
  call(url, 'GET', '/api/users?query=nobody', { token: person.token });
const statusOf = ({ status }: HttpAnswer) => status;

const REFUSED = { status: 429, body: { success: false, message: expect.any(String), code: 'rate_limited' } };

describe('Who is over a limit', () => {
  test('is told by 429 and Retry-After, for this alone, and nobody else is', async () => {
    const app = await start();
    const { ann, bob } = await friends(app.url);
    const taken = await times(RULES.searches.points, () => search(ann));
    expect(new Set(taken.map(statusOf))).toEqual(new Set([200]));
    const refused = await search(ann);
    expect(refused).toMatchObject(REFUSED);
    expect(Object.keys(refused.body as object)).toEqual(['success', 'message', 'code']);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(Number.isInteger(seconds)).toBe(true);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(RULES.searches.seconds);

    expect((await call(app.url, 'HEAD', '/api/users?query=nobody', { token: ann.token })).status).toBe(429);

    expect((await search(bob)).status).toBe(200);
    expect((await ann.posts(bob, 'Hi')).status).toBe(201);
    const { body } = await call<string>(app.url, 'GET', '/metrics');
    expect(body).toContain('reals2chat_rate_limited_total{rule="searches"} 2\n');
    expect(body).toContain('reals2chat_refusals_total{transport="http",code="rate_limited"} 2\n');
  });

  test('counts for both transports and all devices together', async () => {
    const app = await start();
    const { ann, bob } = await friends(app.url);
    const [phone, laptop] = await Promise.all([ann.connects(), ann.connects()]);
    const message = { recipientId: bob.id, text: 'Hi' };
    const third = Math.floor(RULES.sends.points / 3);
    await times(third, () => ann.says(bob, 'Hi'));
    await times(third, () => phone.asks('sendMessage', message));
    await times(RULES.sends.points - 2 * third, () => laptop.asks('sendMessage', message));

    expect(await ann.posts(bob, 'Hi')).toMatchObject(REFUSED);
    expect(await phone.asks('sendMessage', message)).toEqual({
      success: false,
      message: expect.any(String),
      code: 'rate_limited',
      retryAfter: expect.any(Number),
    });
    laptop.emits('sendMessage', message);
    expect(await laptop.hears('exception')).toMatchObject({
      event: 'sendMessage',
      code: 'rate_limited',
      retryAfter: expect.any(Number),
    });
    expect((await bob.posts(ann, 'Hi')).status).toBe(201);
    expect(await app.db.collection('messages').countDocuments()).toBe(RULES.sends.points + 1);
    ann.leaves();
  });

  test('at whatever path: unknown ones and bad tokens count by address; health and metrics are free', async () => {
    const app = await start({ CORS_ORIGINS: 'https://chat.example.org' });
    const log = recordLog();
    const headers = { origin: 'https://chat.example.org' };
    const token = 'nonsense';
    const paths = ['/api/nothing', '/api/friends', '/', '/socket.io/?EIO=4&transport=polling&sid=x'];
    const flood = await times(RULES.requests.points, async (index) => {
      const path = paths[index % paths.length] ?? '';
      return (await fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
    });
    expect(new Set(flood)).toEqual(new Set([400, 401, 404]));

    for (const path of ['/api/nothing', '/api/friends', '/api/docs']) {
      const refused = await call(app.url, 'GET', path, { token, headers });
      expect(refused).toMatchObject(REFUSED);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      // Or a browser could not read it.
      expect(refused.headers.get('access-control-allow-origin')).toBe(headers.origin);
    }
    const polling = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, { headers });
    expect(polling.status).toBe(429);
    expect(polling.headers.get('access-control-allow-origin')).toBe(headers.origin);
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect((await call(app.url, 'GET', path)).status).toBe(200);
    }
    log.end();
  });

  test('by X-Forwarded-For without TRUSTED_PROXIES: the operator is told once what may be wrong', async () => {
    const app = await start({ LOG_LEVEL: 'warn' });
    const log = recordLog();
    await times(RULES.requests.points + 2, (index) =>
      fetch(`${app.url}/nothing`, { headers: { 'x-forwarded-for': `203.0.113.${index}` } }),
    );
    log.end();
    expect(log.lines().filter((line) => line.includes('TRUSTED_PROXIES'))).toHaveLength(1);
  });

  test('is nobody with RATE_LIMITS=off', async () => {
    const app = await start({ RATE_LIMITS: 'off' });
    const ann = await Person.signUp(app.url, 'Ann');
    const answers = await times(RULES.searches.points + 1, () => search(ann));
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200]));
  });
});

describe('The rules', () => {
  test('are those of SECURITY.md', async () => {
    const page = await readFile(new URL('../SECURITY.md', import.meta.url), 'utf8');
    const rows = page
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, name = '']) => /^`\w+`$/.test(name))
      .map((cells) => cells.slice(1, -1));
    expect(rows).toEqual(
      Object.entries(ROWS).map(([name, { points, seconds, per, isShared, what }]) => [
        `\`${name}\``,
        seconds === undefined ? `${points} at a time` : `${points} in ${lengthOf(seconds)}`,
        per + (isShared ? ', all nodes' : ''),
        what,
      ]),
    );
  });

  test('are for routes and events that exist', async () => {
    const routes = routesOf(await start());
    const named = Object.keys(RULE_OF_ROUTE).map((route) => route.replaceAll(/:\w+/g, ':'));
    expect(named.filter((route) => !routes.includes(route))).toEqual([]);
    const events: Record<keyof ClientToServerEvents, true> = {
      sendMessage: true,
      typing: true,
      stopTyping: true,
      messageDelivered: true,
      messageRead: true,
      sync: true,
      authenticate: true,
    };
    expect([...RULES_OF_EVENT.keys()].filter((event) => !(event in events))).toEqual([]);
  });
});

function lengthOf(seconds: number): string {
  if (seconds % 3600 === 0) return seconds === 3600 ? '1 h' : `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

const ifRedis = HAS_REDIS ? describe : describe.skip;

ifRedis('Two nodes with Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  async function twoNodes(): Promise<[RunningApp, RunningApp]> {
    const settings = { REDIS_URL: redis.url, MONGODB_URI: ownDatabase(), JWT_SECRET: 'x'.repeat(32) };
    return [await start(settings), await start(settings)];
  }

  const wrong = (person: Person, url: string) =>
    call(url, 'POST', '/api/auth/login', { body: { email: person.account.email, password: 'a wrong one' } });

  test('count together', async () => {
    const [here, there] = await twoNodes();
    const ann = await Person.signUp(here.url, 'Ann');
    await times(RULES.searches.points - 1, (index) => search(ann, index % 2 ? here.url : there.url));
    expect((await search(ann, there.url)).status).toBe(200);
    expect(await search(ann, here.url)).toMatchObject(REFUSED);
    expect(await search(ann, there.url)).toMatchObject(REFUSED);

    const bob = await Person.signUp(here.url, 'Bob');
    const guesses = await times(12, (index) => wrong(bob, index % 2 ? here.url : there.url));
    expect(guesses.map(statusOf)).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  test('keep nothing in Redis by which somebody could be known, and nothing for ever', async () => {
    const [here] = await twoNodes();
    const ann = await Person.signUp(here.url, 'Ann');
    await wrong(ann, here.url);
    await search(ann);
    const client = here.app.get<RedisLink>(RedisLink).commands;
    const keys = await client.keys('*limit:*');
    expect(keys.length).toBeGreaterThanOrEqual(5);
    const secrets = [ann.account.email, ann.id, '127.0.0.1'];
    expect(keys.filter((key) => secrets.some((secret) => key.includes(secret)))).toEqual([]);
    const lives = await Promise.all(keys.map((key) => client.pttl(key)));
    expect(lives.filter((life) => life <= 0)).toEqual([]);
  });

  test('go on alone while Redis hangs or is gone, with what each has counted', async () => {
    const [here, there] = await twoNodes();
    const ann = await Person.signUp(here.url, 'Ann');
    await times(RULES.searches.points - 10, () => search(ann, here.url));

    redis.hang();
    expect((await search(ann, here.url)).status).toBe(200);
    redis.wake();
    await redis.kill();
    expect((await Promise.all(Array.from({ length: 9 }, () => search(ann, here.url)))).map(statusOf)).toEqual(
      Array<number>(9).fill(200),
    );
    expect(await search(ann, here.url)).toMatchObject(REFUSED);
    expect((await search(ann, there.url)).status).toBe(200);

    await redis.restart();
    const guess = await times(12, () => wrong(ann, here.url));
    expect(guess.map(statusOf)).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(await search(ann, here.url)).toMatchObject(REFUSED);
  });
});
