import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HashQueue } from '../../src/auth/hash-queue.js';
import type { ChatServer } from '../../src/realtime/chat-socket.js';
import { RealtimeAdapter } from '../../src/realtime/realtime.adapter.js';
import { Device } from '../support/device.js';
import { call, friends, Person } from '../support/person.js';
import { RawSocket } from '../support/raw-socket.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';
import { claimsOf, encoded, forge, SECRET } from '../support/tokens.js';
import { mutationsOf } from './token-mutations.js';

/** Rows 15 to 36 of the threats: who is who. That no log holds a secret (30) is in `test/process/privacy.test.ts`. */

let app: RunningApp;
let ann: Person;
let phone: Device;
let io: ChatServer;
beforeAll(async () => {
  const createServer = jest.spyOn(RealtimeAdapter.prototype, 'createIOServer');
  app = await startApp({ JWT_SECRET: SECRET });
  io = createServer.mock.results[0]?.value as ChatServer;
  ann = await Person.signUp(app.url, 'Ann');
});
beforeEach(async () => {
  phone = await ann.connects();
});
afterEach(async () => {
  ann.leaves();
  RawSocket.leaveAll();
  expect((await call(app.url, 'GET', '/health/ready')).status).toBe(200);
});
afterAll(() => app.stop());

const now = Math.floor(Date.now() / 1000);
const good = (): Record<string, unknown> => claimsOf(ann.token);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaPublic = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A token signed with somebody's own RSA key. */
function signedByRsa(header: object): string {
  const body = `${encoded({ alg: 'RS256', typ: 'JWT', ...header })}.${encoded(good())}`;
  return `${body}.${createSign('RSA-SHA256').update(body).sign(rsa.privateKey, 'base64url')}`;
}

/** A token whose header says this, with no signature behind it. */
function unsigned(alg: string): string {
  return `${encoded({ alg, typ: 'JWT' })}.${encoded(good())}.`;
}

/** What each door says to a token: HTTP, the handshake, and `authenticate` on an open socket. */
async function refusals(token: string): Promise<Record<string, string | undefined>> {
  const isHeader = /^[\x21-\x7e]+$/.test(token);
  const device = Device.open(app.url, { auth: { token } });
  const [http, handshake, renewal] = await Promise.all([
    isHeader ? call(app.url, 'GET', '/api/users/me', { token }) : undefined,
    device.isRefused(),
    phone.asks('authenticate', { token }),
  ]);
  device.close();
  expect(http?.status ?? 401).toBe(401);
  expect(handshake.message).toBe('Unauthorized');
  return {
    ...(http && { http: http.body.code }),
    handshake: handshake.data?.code,
    renewal: renewal.success ? 'accepted' : renewal.code,
  };
}

async function isRefusedEverywhere(token: string, code = 'unauthorized'): Promise<void> {
  const before = await stored(app.db);
  const answers = await refusals(token);
  expect([token, new Set(Object.values(answers))]).toEqual([token, new Set([code])]);
  expect(await stored(app.db)).toBe(before);
  expect(await phone.asks('typing', { recipientId: 'f'.repeat(24) })).toEqual({ success: true, data: null });
}

describe('A forged token is refused by HTTP, in the handshake and by `authenticate`', () => {
  test('which take a good one', async () => {
    const token = forge({ ...good(), iat: now, exp: now + 60 });
    expect((await call(app.url, 'GET', '/api/users/me', { token })).status).toBe(200);
    const device = Device.open(app.url, { auth: { token } });
    await device.hears('ready');
    device.close();
    expect(await phone.asks('authenticate', { token })).toEqual({ success: true, data: null });
  });

  const forged: [string, () => string, string?][] = [
    ['15: alg none', () => unsigned('none')],
    ['15: alg None', () => unsigned('None')],
    ['15: alg nOnE', () => unsigned('nOnE')],
    ['15: alg NONE, signed', () => forge(good(), { header: { alg: 'NONE' } })],
    ['15: alg none, with the old signature', () => `${unsigned('none')}${ann.token.split('.')[2]}`],
    ['15: a stripped signature', () => ann.token.slice(0, ann.token.lastIndexOf('.') + 1)],
    ['15: two parts', () => ann.token.slice(0, ann.token.lastIndexOf('.'))],
    ['15: the secret of somebody else', () => forge(good(), { secret: `${SECRET}.` })],
    ['16: HS384', () => forge(good(), { header: { alg: 'HS384' }, hash: 'sha384' })],
    ['16: HS512', () => forge(good(), { header: { alg: 'HS512' }, hash: 'sha512' })],
    ['16: HS512 named, HS256 used', () => forge(good(), { header: { alg: 'HS512' } })],
    ['16: RS256', () => signedByRsa({})],
    ['16: RS256 named, the secret used', () => forge(good(), { header: { alg: 'RS256' } })],
    ['16: the public key as the secret', () => forge(good(), { secret: rsaPublic })],
    ['17: an empty key', () => forge(good(), { secret: '' })],
    ['17: a key id of /dev/null', () => forge(good(), { header: { kid: '../../dev/null' }, secret: '' })],
    ['17: a key id for a query', () => forge(good(), { header: { kid: "' OR 1=1 --" }, secret: '' })],
    ['17: a key of its own', () => signedByRsa({ jwk: rsa.publicKey.export({ format: 'jwk' }) })],
    [
      '17: a symmetric key of its own',
      () => forge(good(), { header: { jwk: { kty: 'oct', k: 'YQ' } }, secret: 'a' }),
    ],
    ['17: certificates of its own', () => signedByRsa({ x5c: [rsaPublic] })],
    ['18: expired', () => forge({ ...good(), iat: now - 120, exp: now - 60 }), 'token_expired'],
    ['18: exp in milliseconds ago', () => forge({ ...good(), exp: -1 }), 'token_expired'],
    ['18: nbf ahead', () => forge({ ...good(), nbf: now + 3600 })],
    ['18: exp as a text', () => forge({ ...good(), exp: String(now + 3600) })],
    ['18: exp null', () => forge({ ...good(), exp: null })],
    ['18: exp a list', () => forge({ ...good(), exp: [now + 3600] })],
    ['18: exp with a fraction', () => forge({ ...good(), exp: now + 60.5 })],
    ['18: exp beyond all numbers', () => forgeText('{"exp":1e999}')],
    ['19: no exp', () => forge({ ...good(), exp: undefined })],
    ['20: an unknown `crit`', () => forge(good(), { header: { crit: ['bork'], bork: true } })],
    ['20: an empty `crit`', () => forge(good(), { header: { crit: [] } })],
    ['20: issued in a day', () => forge({ ...good(), iat: now + 86_400, exp: now + 90_000 })],
    ['20: no iat', () => forge({ ...good(), iat: undefined })],
    ['21: no sub', () => forge({ ...good(), sub: undefined })],
    ['21: an operator for sub', () => forge({ ...good(), sub: { $ne: null } })],
    ['21: a list for sub', () => forge({ ...good(), sub: [ann.id] })],
    ['21: a number for sub', () => forge({ ...good(), sub: 1 })],
    ['21: true for sub', () => forge({ ...good(), sub: true })],
    ['21: sub with more behind it', () => forge({ ...good(), sub: `${ann.id}\n` })],
    ['21: no sid', () => forge({ ...good(), sid: undefined })],
    ['21: an operator for sid', () => forge({ ...good(), sid: { $gt: '' } })],
    ['21: a list for sid', () => forge({ ...good(), sid: [good().sid] })],
    ['21: a payload that is a text', () => forge('ann')],
    ['21: a payload that is null', () => forge(null)],
    ['21: a payload that is a list', () => forge([good()])],
    ['21: an unknown session', () => forge({ ...good(), sid: 'f'.repeat(24) }), 'session_revoked'],
    ["21: another person's session", () => forge({ ...good(), sub: 'f'.repeat(24) }), 'session_revoked'],
    ['22: a refresh token', () => ann.refreshToken],
    ['22: another audience', () => forge({ ...good(), aud: 'other' })],
    ['22: no audience', () => forge({ ...good(), aud: undefined })],
    ['22: another issuer', () => forge({ ...good(), iss: 'other' })],
    ['22: no issuer', () => forge({ ...good(), iss: undefined })],
    [
      '22: signed with the key of refresh tokens',
      () => forge(good(), { secret: 'reals2chat refresh token' }),
    ],
  ];

  test.each(forged.map(([name, make, code = 'unauthorized']) => [name, make, code] as const))(
    '%s',
    (_, make, code) => isRefusedEverywhere(make(), code),
  );

  test('21: 10 kB of sub', async () => {
    const token = forge({ ...good(), sub: 'f'.repeat(10_000) });
    expect(await refusals(token)).toEqual({
      http: 'unauthorized',
      handshake: 'unauthorized',
      renewal: 'validation_failed',
    });
  });

  test('17: an address for the key, which nobody asks', async () => {
    let calls = 0;
    const keys = createServer((_, response) => {
      calls += 1;
      response.end(JSON.stringify({ keys: [rsa.publicKey.export({ format: 'jwk' })] }));
    }).listen(0, '127.0.0.1');
    await once(keys, 'listening');
    const url = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys.json`;
    for (const header of [{ jku: url }, { x5u: url }, { kid: url }]) {
      await isRefusedEverywhere(signedByRsa(header));
    }
    keys.close();
    expect(calls).toBe(0);
  });

  test('22: an access token is no refresh token', async () => {
    const { status, body } = await call(app.url, 'POST', '/api/auth/refresh', {
      body: { refreshToken: ann.token },
    });
    expect([status, body.code]).toEqual([401, 'unauthorized']);
  });

  test('23: a token changed in 40 ways', async () => {
    const mutations = Object.entries(mutationsOf(ann.token, good()));
    expect(mutations.length).toBeGreaterThanOrEqual(40);
    const before = await stored(app.db);
    const accepted: unknown[] = [];
    for (const [name, token] of mutations) {
      const answers = await refusals(token);
      if (new Set(Object.values(answers)).size !== 1 || answers.handshake !== 'unauthorized')
        accepted.push([name, answers]);
    }
    expect(accepted).toEqual([]);
    expect(await stored(app.db)).toBe(before);
  });
});

/** A good token whose payload ends with this JSON text, for what `JSON.stringify` does not write. */
function forgeText(json: string): string {
  const payload = JSON.stringify({ ...good(), exp: undefined }).slice(0, -1) + `,${json.slice(1)}`;
  const body = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${Buffer.from(payload).toString('base64url')}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

/** What ends a session, done to the one with this id; by its own token where there is no other way. */
const ENDINGS: Record<string, (owner: Person, laptop: Tokens) => Promise<unknown>> = {
  'a logout': (_, { accessToken }) => call(app.url, 'POST', '/api/auth/logout', { token: accessToken }),
  'another device': (owner, { accessToken }) =>
    owner.delete(`/api/auth/sessions/${String(claimsOf(accessToken).sid)}`),
  'a new password': (owner) =>
    owner.put('/api/auth/password', { currentPassword: owner.password, newPassword: 'quite another one' }),
  'a refresh token used again': async (_, { refreshToken }) => {
    const refresh = (token: string) =>
      call<Tokens>(app.url, 'POST', '/api/auth/refresh', { body: { refreshToken: token } });
    const second = await refresh(refreshToken);
    await refresh(second.body.refreshToken);
    expect((await refresh(refreshToken)).body.code).toBe('refresh_reused');
  },
};

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

test.each(Object.entries(ENDINGS))(
  '25: what %s ends has no socket any more on any node, and is told nothing afterwards',
  async (_, end) => {
    const there = await startApp({ JWT_SECRET: SECRET, MONGODB_URI: String(app.config.MONGODB_URI) });
    const { ann: dora, bob } = await friends(app.url);
    const { body: laptop } = await call<Tokens>(app.url, 'POST', '/api/auth/login', {
      body: { email: dora.account.email, password: dora.password },
    });
    const opens = (url: string, token: string) => Device.open(url, { auth: { token } });
    const [here, away, kept] = [
      opens(app.url, laptop.accessToken),
      opens(there.url, laptop.accessToken),
      opens(app.url, dora.token),
    ];
    await Promise.all([here, away, kept].map((device) => device.hears('ready')));

    await end(dora, laptop);
    await bob.says(dora, 'after');
    await kept.hears('receiveMessage');
    expect(await here.isDisconnected()).toBe('io server disconnect');
    expect(await away.isDisconnected()).toBe('io server disconnect');
    const byThere = await call(there.url, 'POST', '/api/messages/send', {
      token: bob.token,
      body: { recipientId: dora.id, text: 'from there' },
    });
    expect(byThere.status).toBe(201);
    for (const url of [app.url, there.url]) {
      const again = opens(url, laptop.accessToken);
      expect((await again.isRefused()).data?.code).toBe('session_revoked');
    }
    expect([here.all('receiveMessage'), away.all('receiveMessage')]).toEqual([[], []]);
    expect(kept.socket.connected).toBe(true);
    kept.close();
    await there.close();
  },
);

/** What is sent after Engine.IO's handshake, and whether that alone ends the connection at once. */
const INTRUDERS: [name: string, texts: string[], isEndedAtOnce: boolean][] = [
  ['nothing', [], false],
  ['CONNECT without a token', ['40'], false],
  ['CONNECT with a bad token, again and again', Array<string>(50).fill('40{"token":"x"}'), false],
  ['CONNECT to another namespace', ['40/admin,{"token":"x"}'], false],
  ['an event before CONNECT', ['42["sendMessage",{}]'], true],
  ['an event for another namespace', ['42/admin,["sendMessage",{}]'], true],
  ['an answer that nobody asked for', ['431[]'], true],
];

describe('29: whoever does not connect', () => {
  const PERMITTED = 5000;

  /** Opens Engine.IO, says this, waits for the end, and gives what was heard of Socket.IO until then. */
  async function heardBy([name, texts]: (typeof INTRUDERS)[number]): Promise<[string, string[]]> {
    const socket = await RawSocket.opened(app.url);
    for (const text of texts) socket.says(text);
    await socket.isClosed();
    socket.leave();
    return [name, socket.texts.filter((text) => /^4[02]/.test(text))];
  }

  test('is closed at once for an event', async () => {
    const intruders = INTRUDERS.filter(([, , isEndedAtOnce]) => isEndedAtOnce);
    const usual = io.connectTimeout();
    io.connectTimeout(3_600_000);
    expect(await Promise.all(intruders.map(heardBy))).toEqual(intruders.map(([name]) => [name, []]));
    io.connectTimeout(usual);
  });

  test('is closed for all else when the time for it is over', async () => {
    expect(io.connectTimeout()).toBe(PERMITTED);
    const intruders = INTRUDERS.filter(([, , isEndedAtOnce]) => !isEndedAtOnce);
    const [poll, ...outcomes] = await Promise.all([pollsWithoutConnecting(), ...intruders.map(heardBy)]);
    expect(outcomes).toEqual(intruders.map(([name]) => [name, []]));
    expect(poll).toBe('1');
  });

  /** What a poll is answered: `1`, Engine.IO's `close`, unless a heartbeat came first, which is after 25 s. */
  async function pollsWithoutConnecting(): Promise<string> {
    const polling = `${app.url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(polling)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    return (await fetch(`${polling}&sid=${sid}`)).text();
  }
});

test('30: a token is not taken from an address or another header, whatever it is called', async () => {
  for (const name of ['token', 'access_token', 'auth', 'jwt', 'authorization', 'bearer']) {
    const { status } = await call(app.url, 'GET', `/api/users/me?${name}=${ann.token}`);
    expect(status).toBe(401);
  }
  for (const headers of [
    { authorization: `Basic ${ann.token}` },
    { authorization: ann.token },
    { authorization: `Bearer x ${ann.token}` },
    { cookie: `token=${ann.token}; access_token=${ann.token}` },
    { 'x-access-token': ann.token },
  ]) {
    expect((await call(app.url, 'GET', '/api/users/me', { headers })).status).toBe(401);
  }
});

test('31: an unknown e-mail address and a wrong password are told alike, after the same work', async () => {
  const jobs = jest.spyOn(HashQueue.prototype, 'run');
  const login = async (email: string) => {
    jobs.mockClear();
    const { status, body, headers } = await call(app.url, 'POST', '/api/auth/login', {
      body: { email, password: 'not the password' },
    });
    return { status, body, headers: [...headers.keys()].toSorted(), passwordsHashed: jobs.mock.calls.length };
  };
  const wrong = await login(ann.account.email);
  expect(wrong).toMatchObject({ status: 401, body: { success: false }, passwordsHashed: 1 });
  expect(await login('nobody@example.org')).toEqual(wrong);
  jobs.mockRestore();
});

test('36: a password of 1 MB is refused before it is hashed', async () => {
  const before = await stored(app.db);
  const password = 'x'.repeat(1_000_000);
  const jobs = jest.spyOn(HashQueue.prototype, 'run');
  for (const [path, body] of [
    ['/api/auth/register', { email: 'big@example.org', name: 'Big', password }],
    ['/api/auth/login', { email: ann.account.email, password }],
  ] as const) {
    const answer = await call(app.url, 'POST', path, { body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'password' }] } });
  }
  const changed = await ann.put('/api/auth/password', {
    currentPassword: ann.password,
    newPassword: password,
  });
  expect(changed).toMatchObject({ status: 400, body: { errors: [{ field: 'newPassword' }] } });
  expect(jobs).not.toHaveBeenCalled();
  jobs.mockRestore();
  expect(await stored(app.db)).toBe(before);
});

test('36: every byte of a password counts, also behind the 72 of bcrypt and a NUL', async () => {
  for (const [index, [mine, twin]] of [
    [`${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`],
    ['\u00e9'.repeat(100), '\u00e9'.repeat(99)],
    ['secret\0 word', 'secret\0 work'],
    ['secret word\0', 'secret word'],
  ].entries()) {
    const email = `long${index}@example.org`;
    const login = (password = '') =>
      call(app.url, 'POST', '/api/auth/login', { body: { email, password } }).then(({ status }) => status);
    await call(app.url, 'POST', '/api/auth/register', { body: { email, name: 'Long', password: mine } });
    expect([await login(mine), await login(twin)]).toEqual([200, 401]);
  }
});
