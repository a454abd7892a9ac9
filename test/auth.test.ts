import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { Liveness } from '../src/auth/liveness.js';
import { SessionsRepository } from '../src/auth/sessions.repository.js';
import type { Account } from '../src/users/user.js';
import { Device } from './support/device.js';
import { type HttpAnswer, Person, call } from './support/person.js';
import { ownDatabase, type RunningApp, startApp } from './support/running-app.js';
import { claimsOf, SECRET } from './support/tokens.js';

interface Tokens {
  user: Account;
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

interface Session {
  _id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: string;
  lastUsedAt: string;
  current: boolean;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let app: RunningApp;
let ann: Person;
beforeAll(async () => {
  app = await startApp({ JWT_SECRET: SECRET });
});
beforeEach(async () => {
  ann = await Person.signUp(app.url, 'Ann');
});
afterEach(() => ann.leaves());
afterAll(() => app.stop());

describe('Signing up', () => {
  test('gives an account and signs in', async () => {
    const { status, body, headers } = await register({
      email: 'Zoe.Lee@Example.org',
      password: 'eight ch',
      name: 'Zo\u00eb\u0000 <b>',
      photoURL: 'https://example.org/zoe.jpg?x=1',
    });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      success: true,
      user: {
        _id: expect.stringMatching(/^[0-9a-f]{24}$/),
        name: 'Zo\u00eb\u0000 <b>',
        email: 'zoe.lee@example.org',
        photoURL: 'https://example.org/zoe.jpg?x=1',
        createdAt: expect.stringMatching(TIME),
      },
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 7 * 24 * 3600,
    });
    const me = await call(app.url, 'GET', '/api/users/me', { token: body.accessToken });
    expect(me.body).toEqual({ success: true, user: body.user });
  });

  test('gives a token that says whose it is, and nothing else', async () => {
    const { sid, iat, exp, ...claims } = claimsOf(ann.token);
    expect(claims).toEqual({ sub: ann.id, iss: 'reals2chat', aud: 'reals2chat' });
    expect(sid).toMatch(/^[0-9a-f]{24}$/);
    expect(Number(exp) - Number(iat)).toBe(7 * 24 * 3600);
  });

  test('is refused where the e-mail is taken, in any case', async () => {
    const email = ann.account.email.toUpperCase();
    const { status, body } = await register({ email, password: 'another password', name: 'Imposter' });
    expect(status).toBe(409);
    expect(body).toEqual({ success: false, code: 'email_taken', message: expect.any(String) });
  });

  test('of ten twins at once succeeds for one', async () => {
    const twin = { email: 'twin@example.org', password: 'a good password', name: 'Twin' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(twin)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });

  const good = { email: 'new@example.org', password: 'a good password', name: 'New' };
  test.each([
    ['no e-mail', { ...good, email: undefined }, 'email'],
    ['an e-mail that is none', { ...good, email: 'new' }, 'email'],
    ['an operator for an e-mail', { ...good, email: { $gt: '' } }, 'email'],
    ['a list of e-mails', { ...good, email: ['new@example.org'] }, 'email'],
    ['seven characters of password', { ...good, password: '1234567' }, 'password'],
    ['129 characters of password', { ...good, password: 'x'.repeat(129) }, 'password'],
    ['a number for a password', { ...good, password: 12_345_678 }, 'password'],
    ['no name', { ...good, name: undefined }, 'name'],
    ['an empty name', { ...good, name: '' }, 'name'],
    ['81 characters of name', { ...good, name: 'x'.repeat(81) }, 'name'],
    ['a lone surrogate in the name', { ...good, name: '\ud800' }, 'name'],
    ['a script for a picture', { ...good, photoURL: 'javascript:alert(1)' }, 'photoURL'],
    ['an unknown field', { ...good, isAdmin: true }, 'isAdmin'],
  ])('is refused with %s', async (_, body, field) => {
    const answer = await register(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      success: false,
      code: 'validation_failed',
      message: expect.any(String),
      errors: [{ field, message: expect.any(String) }],
    });
  });

  test('takes 128 characters of password and 80 of name, whatever they are', async () => {
    const password = '\u{1F600}'.repeat(128);
    const email = 'emoji@example.org';
    expect((await register({ email, password, name: '\u{1F600}'.repeat(80) })).status).toBe(201);
    expect((await login(email, password)).status).toBe(200);
    expect((await login(email, '\u{1F600}'.repeat(127))).status).toBe(401);
  });

  test('keeps no password and no token', async () => {
    const stored = JSON.stringify([
      await app.db.collection('users').find().toArray(),
      await app.db.collection('sessions').find().toArray(),
    ]);
    expect(stored).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(stored).not.toContain(ann.password);
    expect(stored).not.toContain(ann.refreshToken.split('.')[2]);
    expect(stored).not.toContain(ann.token.split('.')[2]);
  });
});

describe('Signing in', () => {
  test('gives a session of its own', async () => {
    const { status, body } = await login(ann.account.email.toUpperCase(), ann.password);
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, user: ann.account, expiresIn: 7 * 24 * 3600 });
    expect(claimsOf(body.accessToken).sid).not.toBe(claimsOf(ann.token).sid);
  });

  test('is refused with a field too many or too few', async () => {
    const { email } = ann.account;
    for (const body of [{ email, password: ann.password, remember: true }, { email }]) {
      const answer = await call(app.url, 'POST', '/api/auth/login', { body });
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('validation_failed');
    }
  });
});

describe('Refreshing', () => {
  test('gives the next pair, which works', async () => {
    const { status, body, headers } = await refresh(ann.refreshToken);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      success: true,
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 7 * 24 * 3600,
    });
    expect(body.refreshToken).not.toBe(ann.refreshToken);
    const { sub, sid } = claimsOf(body.accessToken);
    expect({ sub, sid }).toEqual({ sub: ann.id, sid: claimsOf(ann.token).sid });
    expect((await call(app.url, 'GET', '/api/users/me', { token: body.accessToken })).status).toBe(200);
    expect((await refresh(body.refreshToken)).status).toBe(200);
  });

  test('again with the same token, by two tabs or twenty, gives the same successor', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(ann.refreshToken)));
    answers.push(await refresh(ann.refreshToken));
    expect(answers.map(({ status }) => status)).toEqual(Array(21).fill(200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    for (const { body } of answers) expect(claimsOf(body.accessToken).sub).toBe(ann.id);
  });

  test('with an old token after its successor was used ends the session and its sockets', async () => {
    const phone = await ann.connects();
    const { body: second } = await refresh(ann.refreshToken);
    const { body: third } = await refresh(second.refreshToken);
    const reused = await refresh(ann.refreshToken);
    expect(reused.status).toBe(401);
    expect(reused.body).toEqual({ success: false, code: 'refresh_reused', message: expect.any(String) });
    expect(await phone.isDisconnected()).toBe('io server disconnect');
    expect((await refresh(third.refreshToken)).body.code).toBe('session_revoked');
    expect((await ann.get('/api/users/me')).body.code).toBe('session_revoked');
  });

  test('with the same token later than 30 s ends the session', async () => {
    const { body: second } = await refresh(ann.refreshToken);
    await agedBy(29_000);
    expect((await refresh(ann.refreshToken)).body.refreshToken).toBe(second.refreshToken);
    await agedBy(30_001);
    expect((await refresh(ann.refreshToken)).body.code).toBe('refresh_reused');
    expect((await refresh(second.refreshToken)).body.code).toBe('session_revoked');
  });

  test('ends nobody else’s session', async () => {
    const laptop = await login(ann.account.email, ann.password);
    await refresh((await refresh(ann.refreshToken)).body.refreshToken);
    expect((await refresh(ann.refreshToken)).body.code).toBe('refresh_reused');
    expect((await refresh(laptop.body.refreshToken)).status).toBe(200);
  });

  test('is refused with what is no refresh token', async () => {
    const [sid, , mac] = ann.refreshToken.split('.');
    for (const token of ['', 'x', ann.token, `${sid}.1.${mac}`, `${ann.refreshToken}x`]) {
      const { status, body } = await refresh(token);
      expect([status, body.code]).toEqual([401, 'unauthorized']);
    }
    for (const token of [undefined, null, 5, { $ne: '' }, [ann.refreshToken]]) {
      const { status, body } = await refresh(token);
      expect([status, body.code]).toEqual([400, 'validation_failed']);
    }
  });

  test('keeps the session for another 30 days', async () => {
    const before = Date.now();
    await sessionRow({ expiresAt: new Date(before + 60_000) });
    await refresh(ann.refreshToken);
    const row = await app.db.collection('sessions').findOne({ _id: sidOf(ann.token) });
    expect(row?.expiresAt.getTime()).toBeGreaterThanOrEqual(before + 30 * 24 * 3600 * 1000);
  });

  async function agedBy(ms: number): Promise<void> {
    await sessionRow({ rotatedAt: new Date(Date.now() - ms) });
  }
});

describe('Sessions', () => {
  test('are listed with where they come from, the one that asks marked', async () => {
    const laptop = await call<Tokens>(app.url, 'POST', '/api/auth/login', {
      body: { email: ann.account.email, password: ann.password },
      headers: { 'user-agent': `Laptop\t${'x'.repeat(400)}`, 'x-forwarded-for': '203.0.113.9' },
    });
    const { status, body } = await ann.get<{ sessions: Session[] }>('/api/auth/sessions');
    expect(status).toBe(200);
    const session = {
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      ip: '127.0.0.1',
      createdAt: expect.stringMatching(TIME),
      lastUsedAt: expect.stringMatching(TIME),
    };
    const userAgent = `Laptop${'x'.repeat(250)}`;
    expect(body).toEqual({
      success: true,
      sessions: [
        { ...session, _id: claimsOf(laptop.body.accessToken).sid, userAgent, current: false },
        { ...session, _id: claimsOf(ann.token).sid, userAgent: 'node', current: true },
      ],
    });
  });

  test('end by logout: the token is refused and sockets are disconnected, elsewhere nothing changes', async () => {
    const laptop = await login(ann.account.email, ann.password);
    const phone = await ann.connects();
    expect((await ann.get('/api/users/me')).status).toBe(200);
    const answer = await ann.post('/api/auth/logout');
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect((await ann.get('/api/users/me')).body.code).toBe('session_revoked');
    expect((await refresh(ann.refreshToken)).body.code).toBe('session_revoked');
    expect((await ann.post('/api/auth/logout')).body.code).toBe('session_revoked');
    expect(await phone.isDisconnected()).toBe('io server disconnect');
    const { body } = await call<{ sessions: Session[] }>(app.url, 'GET', '/api/auth/sessions', {
      token: laptop.body.accessToken,
    });
    expect(body.sessions.map(({ current }) => current)).toEqual([true]);
  });

  test('end from another device', async () => {
    const phone = await ann.connects();
    const { body: laptop } = await login(ann.account.email, ann.password);
    const end = () =>
      call(app.url, 'DELETE', `/api/auth/sessions/${sidOf(ann.token).toHexString()}`, {
        token: laptop.accessToken,
      });
    expect((await end()).status).toBe(204);
    expect((await ann.get('/api/users/me')).body.code).toBe('session_revoked');
    expect(await phone.isDisconnected()).toBe('io server disconnect');
    expect((await end()).status).toBe(404);
  });

  test('end only by their own person', async () => {
    const eve = await Person.signUp(app.url, 'Eve');
    const sid = String(claimsOf(ann.token).sid);
    expect((await eve.delete(`/api/auth/sessions/${sid}`)).body.code).toBe('not_found');
    expect((await eve.delete(`/api/auth/sessions/${'f'.repeat(24)}`)).body.code).toBe('not_found');
    expect((await eve.delete('/api/auth/sessions/me')).body.code).toBe('validation_failed');
    expect((await ann.get('/api/users/me')).status).toBe(200);
    expect((await ann.delete(`/api/auth/sessions/${sid.toUpperCase()}`)).status).toBe(204);
    expect((await ann.get('/api/users/me')).status).toBe(401);
  });

  test('say when they were last used, to about a minute', async () => {
    await sessionRow({ lastUsedAt: new Date(Date.now() - 3_600_000) });
    const begun = Date.now();
    const changes = app.db
      .collection('sessions')
      .watch<{ lastUsedAt: Date }>([{ $match: { 'documentKey._id': sidOf(ann.token) } }], {
        fullDocument: 'updateLookup',
      });
    // Opens it, so that it misses nothing.
    await changes.tryNext();
    await ann.get('/api/users/me');
    const change = (await changes.next()) as mongo.ChangeStreamUpdateDocument<{ lastUsedAt: Date }>;
    await changes.close();
    expect(change.fullDocument?.lastUsedAt.getTime()).toBeGreaterThanOrEqual(begun);
  });

  test('that ran out are refused, and not listed', async () => {
    await sessionRow({ expiresAt: new Date(Date.now() - 1) });
    expect((await ann.get('/api/users/me')).body.code).toBe('session_revoked');
    expect((await refresh(ann.refreshToken)).body.code).toBe('session_revoked');
  });

  test('are found by what they are asked for', async () => {
    const indexes = await app.db.collection('sessions').indexes();
    expect(indexes.map(({ key }) => key)).toEqual(
      expect.arrayContaining([{ userId: 1 }, { revokedAt: 1 }, { expiresAt: 1 }]),
    );
    expect(indexes.find(({ key }) => key.expiresAt)?.expireAfterSeconds).toBe(0);
  });
});

describe('A new password', () => {
  const newPassword = 'quite another password';

  test('signs in from then on, the old one does not, and every other session ends', async () => {
    const { body: laptop } = await login(ann.account.email, ann.password);
    const phone = Device.open(app.url, { auth: { token: laptop.accessToken } });
    await phone.hears('ready');
    const kept = await ann.connects();

    const answer = await change(ann, ann.password, newPassword);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(await phone.isDisconnected()).toBe('io server disconnect');
    const refused = await call(app.url, 'GET', '/api/users/me', { token: laptop.accessToken });
    expect(refused.body.code).toBe('session_revoked');
    expect((await refresh(laptop.refreshToken)).body.code).toBe('session_revoked');

    await kept.catchesUp();
    expect(kept.socket.connected).toBe(true);
    expect((await refresh(ann.refreshToken)).status).toBe(200);
    expect((await login(ann.account.email, ann.password)).status).toBe(401);
    expect((await login(ann.account.email, newPassword)).status).toBe(200);
  });

  test('needs the current one', async () => {
    const { body: laptop } = await login(ann.account.email, ann.password);
    const { status, body } = await change(ann, 'not her password', newPassword);
    expect(status).toBe(401);
    expect(body).toEqual({ success: false, code: 'invalid_credentials', message: expect.any(String) });
    expect((await refresh(laptop.refreshToken)).status).toBe(200);
    expect((await change(ann, ann.password, '1234567')).body.code).toBe('validation_failed');
    expect((await change(ann, ann.password, { $ne: '' })).body.code).toBe('validation_failed');
  });

  test('leaves no session of those who sign in with the old one meanwhile', async () => {
    const changed = new AbortController();
    const signedIn: Tokens[] = [];
    let areIn!: () => void;
    const someAreIn = new Promise<void>((resolve) => (areIn = resolve));
    const intruder = async () => {
      while (!changed.signal.aborted) {
        const { status, body } = await login(ann.account.email, ann.password);
        if (status === 200 && signedIn.push(body) === 3) areIn();
      }
    };
    const intruders = Array.from({ length: 6 }, intruder);
    try {
      await someAreIn;
      expect((await change(ann, ann.password, newPassword)).status).toBe(204);
    } finally {
      changed.abort();
      await Promise.all(intruders);
    }
    const answers = await Promise.all(signedIn.map(({ refreshToken }) => refresh(refreshToken)));
    expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set(['session_revoked']));
    expect((await refresh(ann.refreshToken)).status).toBe(200);
  });

  test('of two changes at once only one counts', async () => {
    const answers = await Promise.all([
      change(ann, ann.password, 'first new password'),
      change(ann, ann.password, 'second new password'),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 401]));
    const winner = answers[0].status === 204 ? 'first new password' : 'second new password';
    expect((await login(ann.account.email, winner)).status).toBe(200);
  });

  function change(who: Person, currentPassword: unknown, changed: unknown): Promise<HttpAnswer> {
    return who.put('/api/auth/password', { currentPassword, newPassword: changed });
  }
});

describe('On another node', () => {
  test('a revoked session is refused and its sockets are ended by the next look at the store', async () => {
    const MONGODB_URI = ownDatabase();
    const [here, there] = await Promise.all([
      startApp({ JWT_SECRET: SECRET, MONGODB_URI }),
      startApp({ JWT_SECRET: SECRET, MONGODB_URI }),
    ]);
    const bob = await Person.signUp(here.url, 'Bob');
    const phone = Device.open(there.url, { auth: { token: bob.token } });
    await phone.hears('ready');
    const askThere = () => call(there.url, 'GET', '/api/users/me', { token: bob.token });
    expect((await askThere()).status).toBe(200);

    // A look a second, see the spec of RevocationWatch: one that was begun before, and one behind it.
    const looks = jest.spyOn(there.app.get(SessionsRepository), 'findRevokedSince');
    const ends = jest.spyOn(there.app.get(Liveness), 'end');
    expect((await bob.post('/api/auth/logout')).status).toBe(204);
    looks.mockClear();
    expect((await bob.get('/api/users/me')).body.code).toBe('session_revoked');
    expect(await phone.isDisconnected()).toBe('io server disconnect');
    expect((await askThere()).body.code).toBe('session_revoked');
    const [endedAt = NaN] = ends.mock.invocationCallOrder;
    const before = looks.mock.invocationCallOrder.filter((order) => order < endedAt);
    expect(before.length).toBeLessThanOrEqual(1);
    await here.stop();
    await there.stop();
  });
});

describe('My profile', () => {
  test('is changed field by field', async () => {
    const photoURL = 'https://example.org/a.png';
    const named = await ann.patch<{ user: Account }>('/api/users/me', { name: ' Ann\u0000 $where ' });
    expect(named.status).toBe(200);
    expect(named.body).toEqual({ success: true, user: { ...ann.account, name: ' Ann\u0000 $where ' } });
    const shown = await ann.patch<{ user: Account }>('/api/users/me', { photoURL });
    expect(shown.body.user).toEqual({ ...ann.account, name: ' Ann\u0000 $where ', photoURL });
    expect((await ann.patch('/api/users/me', {})).body).toEqual(shown.body);
    expect((await ann.get('/api/users/me')).body).toEqual(shown.body);
    const cleared = await ann.patch<{ user: Account }>('/api/users/me', { photoURL: null });
    expect(cleared.body.user.photoURL).toBeNull();
  });

  test.each([
    [{ name: '' }, 'name'],
    [{ name: null }, 'name'],
    [{ name: 'x'.repeat(81) }, 'name'],
    [{ photoURL: 'ftp://example.org/a.png' }, 'photoURL'],
    [{ photoURL: `https://example.org/${'x'.repeat(2040)}` }, 'photoURL'],
  ])('refuses %j', async (body, field) => {
    const answer = await ann.patch('/api/users/me', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ field, message: expect.any(String) }]);
  });

  test.each([[[]], [['name']], ['text'], [5], [null]])('refuses or ignores a body of %j', async (body) => {
    const answer = await ann.patch('/api/users/me', body);
    expect(answer.status).toBe(body === null ? 200 : 400);
    expect((await ann.get('/api/users/me')).body).toEqual({ success: true, user: ann.account });
  });
});

function register(body: unknown): Promise<HttpAnswer<Tokens>> {
  return call<Tokens>(app.url, 'POST', '/api/auth/register', { body });
}

function login(email: string, password: string): Promise<HttpAnswer<Tokens>> {
  return call<Tokens>(app.url, 'POST', '/api/auth/login', { body: { email, password } });
}

function refresh(refreshToken: unknown): Promise<HttpAnswer<Tokens>> {
  return call<Tokens>(app.url, 'POST', '/api/auth/refresh', { body: { refreshToken } });
}

/** Changes the stored row of Ann's first session behind the service's back. */
async function sessionRow(changes: Record<string, unknown>): Promise<void> {
  await app.db.collection('sessions').updateOne({ _id: sidOf(ann.token) }, { $set: changes });
}

function sidOf(token: string): mongo.ObjectId {
  return mongo.ObjectId.createFromHexString(String(claimsOf(token).sid));
}
