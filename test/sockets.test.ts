import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Connections } from '../src/realtime/connections.js';
import { Device } from './support/device.js';
import { type Person, call, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
});
afterEach(() => {
  ann.leaves();
  bob.leaves();
});
afterAll(() => app.stop());

describe('The handshake', () => {
  const ways = {
    'auth.token': (token: string) => ({ auth: { token } }),
    'query.token': (token: string) => ({ auth: {}, query: { token } }),
    'the Authorization header': (token: string) => ({
      auth: {},
      extraHeaders: { authorization: `Bearer ${token}` },
    }),
  };

  test.each(Object.entries(ways))('takes the token from %s', async (_, options) => {
    const device = Device.open(app.url, options(ann.token));
    const { userId, sessionId } = await device.hears('ready');
    expect(userId).toBe(ann.id);
    expect(sessionId).toMatch(/^[0-9a-f]{24}$/);
    device.close();
  });

  test.each([
    ['no token', { auth: {} }],
    ['nonsense', { auth: { token: 'nonsense' } }],
    ['an object', { auth: { token: { $ne: null } } }],
    ['an empty token', { auth: { token: '' } }],
  ])('refuses %s', async (_, options) => {
    const error = await Device.open(app.url, options).isRefused();
    expect(error.message).toBe('Unauthorized');
    expect(error.data).toEqual({ success: false, code: 'unauthorized', message: expect.any(String) });
  });

  test('refuses an unknown namespace', async () => {
    const device = Device.open(`${app.url}/admin`, { auth: { token: ann.token } });
    expect((await device.isRefused()).message).toBe('Invalid namespace');
  });

  test('forgets the token, and the request that it came by', async () => {
    const open = jest.spyOn(Connections.prototype, 'open');
    await ann.connects({
      query: { token: ann.token },
      extraHeaders: { authorization: `Bearer ${ann.token}` },
    });
    const sockets = open.mock.calls.map(([socket]) => socket);
    open.mockRestore();
    const kept = sockets.map(({ handshake, data, request }) => JSON.stringify([handshake, data, request]));
    expect(kept).toHaveLength(1);
    expect(kept[0]).toContain(ann.id);
    expect(kept[0]).not.toContain(ann.token);
  });
});

describe('Answers', () => {
  test('an unknown event fails, with and without an acknowledgement', async () => {
    const device = await ann.connects();
    const refusal = { success: false, code: 'unknown_event', message: expect.any(String) };
    expect(await device.raw('nonsense', {})).toEqual(refusal);
    device.emits('nonsense', {});
    expect(await device.hears('exception')).toEqual({ ...refusal, event: 'nonsense' });
  });

  test('a failure without an acknowledgement comes as an exception', async () => {
    const device = await ann.connects();
    device.emits('sendMessage', { recipientId: 'abc' });
    expect(await device.hears('exception')).toEqual({
      success: false,
      code: 'validation_failed',
      message: expect.any(String),
      errors: [{ field: 'recipientId', message: expect.any(String) }],
      event: 'sendMessage',
    });
  });

  test('an acknowledgement of success carries data, null where nothing is named', async () => {
    const device = await ann.connects();
    expect(await device.asks('typing', { recipientId: bob.id })).toEqual({ success: true, data: null });
  });
});

describe('The end of a socket', () => {
  test('logout ends the sockets of the session, and only those, for good', async () => {
    const device = await ann.connects();
    const other = await signInAgain(ann);
    const laptop = Device.open(app.url, { auth: { token: other.accessToken } });
    await laptop.hears('ready');

    await ann.post('/api/auth/logout');
    expect(await device.isDisconnected()).toBe('io server disconnect');
    await laptop.catchesUp();
    expect(laptop.socket.connected).toBe(true);
    const refused = await Device.open(app.url, { auth: { token: ann.token } }).isRefused();
    expect(refused.data).toMatchObject({ code: 'session_revoked' });
    laptop.close();
  });

  test('an expired token ends it by closing the transport, and its last events are told why', async () => {
    const brief = await startApp({ ACCESS_TOKEN_TTL: '2s' });
    const pair = await friends(brief.url);
    const device = await pair.ann.connects();
    const refusals: unknown[] = [];
    device.socket.on('exception', (error) => refusals.push(error));
    const closed = device.isDisconnected();
    const ticker = setInterval(() => device.emits('typing', { recipientId: pair.bob.id }), 50);
    expect(await closed).toMatch(/^transport (close|error)$/);
    clearInterval(ticker);
    expect(refusals[0]).toMatchObject({ code: 'token_expired', event: 'typing' });
    await brief.stop();
  });

  test('authenticate with a fresh token of the same session keeps it beyond `exp`', async () => {
    const brief = await startApp({ ACCESS_TOKEN_TTL: '3s' });
    const pair = await friends(brief.url);
    const [renewed, left] = await Promise.all([pair.ann.connects(), pair.ann.connects()]);
    // The fresh token ends at least a second later than the first one.
    const { accessToken } = await refreshAfter(1100, brief.url, pair.ann.refreshToken);
    expect(await renewed.asks('authenticate', { token: accessToken })).toEqual({ success: true, data: null });
    await left.isDisconnected();
    await renewed.catchesUp();
    expect(renewed.socket.connected).toBe(true);
    await brief.stop();
  }, 30_000);

  test('authenticate with a token of another session or person changes nothing', async () => {
    const device = await ann.connects();
    const other = await signInAgain(ann);
    for (const token of [other.accessToken, bob.token, 'nonsense']) {
      expect(await device.asks('authenticate', { token })).toMatchObject({
        success: false,
        code: 'unauthorized',
      });
    }
    await device.catchesUp();
    expect(device.socket.connected).toBe(true);
  });
});

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

async function signInAgain(person: Person): Promise<Tokens> {
  const { body } = await call<Tokens>(app.url, 'POST', '/api/auth/login', {
    body: { email: person.account.email, password: person.password },
  });
  return body;
}

async function refreshAfter(ms: number, url: string, refreshToken: string): Promise<Tokens> {
  await once(AbortSignal.timeout(ms), 'abort');
  const { body } = await call<Tokens>(url, 'POST', '/api/auth/refresh', { body: { refreshToken } });
  return body;
}
