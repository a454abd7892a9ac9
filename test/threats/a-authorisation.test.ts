import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openApiDocument } from '../../src/operations/api-docs.js';
import type { Message } from '../../src/realtime/wire.js';
import { call, dataOf, friends, Person } from '../support/person.js';
import { rawRequest } from '../support/raw-http.js';
import { NO_ID, routesOf } from '../support/routes.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';

/** Rows 9 to 14 of the threats: who may do what to which field. */

let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp();
  ({ ann, bob } = await friends(app.url));
});
afterEach(async () => {
  ann.leaves();
  bob.leaves();
  expect((await call(app.url, 'GET', '/health/ready')).status).toBe(200);
});
afterAll(() => app.stop());

/** What nobody but the server says of a message. */
const SERVERS_OWN = {
  _id: NO_ID,
  conversationId: NO_ID,
  senderId: NO_ID,
  seq: 7,
  tally: [0, 9],
  hidden: true,
  lastVisible: 1,
  createdAt: '2020-01-01T00:00:00.000Z',
  status: 'read',
  readAt: '2020-01-01T00:00:00.000Z',
  isAdmin: true,
};

test('9: a body that carries senderId, seq, createdAt, status … is refused, over both transports', async () => {
  const phone = await ann.connects();
  const before = await stored(app.db);
  const url = 'https://example.org/a.png';
  for (const [field, value] of Object.entries(SERVERS_OWN)) {
    const refusal = (name: string) => ({
      code: 'validation_failed',
      errors: [{ field: name, message: 'is not a known field' }],
    });
    const plain = { recipientId: bob.id, text: 'x', [field]: value };
    const nested = { recipientId: bob.id, text: 'x', attachment: { type: 'image', url, [field]: value } };
    expect(await ann.post('/api/messages/send', plain)).toMatchObject({ status: 400, body: refusal(field) });
    expect(await phone.asks('sendMessage', plain)).toMatchObject(refusal(field));
    expect(await phone.asks('typing', { recipientId: bob.id, [field]: value })).toMatchObject(refusal(field));
    const inside = refusal(`attachment.${field}`);
    expect(await ann.post('/api/messages/send', nested)).toMatchObject({ status: 400, body: inside });
    expect(await phone.asks('sendMessage', nested)).toMatchObject(inside);
  }
  expect(await stored(app.db)).toBe(before);

  const begun = Date.now();
  const byHttp = await ann.says(bob, 'one');
  const bySocket = dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text: 'two' }));
  for (const [index, message] of [byHttp, bySocket].entries()) {
    expect(message).toMatchObject({ senderId: ann.id, recipientId: bob.id, seq: index + 1, status: 'sent' });
    expect(Date.parse(message.createdAt)).toBeGreaterThanOrEqual(begun);
  }
});

test.each(
  Object.entries({
    role: 'admin',
    passwordHash: 'x',
    password: 'a password of mine',
    emailVerified: true,
    tokenVersion: 0,
    email: 'new@example.org',
    _id: NO_ID,
    nameKey: 'x',
    lastSeen: null,
    createdAt: '2020-01-01T00:00:00.000Z',
    $set: { email: 'new@example.org' },
    'photoURL.$set': 'x',
  }),
)('10: a change of my profile with %s is refused', async (field, value) => {
  const before = await stored(app.db);
  const answer = await ann.patch('/api/users/me', { name: 'Anna', [field]: value });
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([{ field, message: 'is not a known field' }]);
  expect(await stored(app.db)).toBe(before);
});

test('11: no answer and no event says more of another person than it must', async () => {
  const carl = await Person.signUp(app.url, 'Carl');
  const phone = await ann.connects();
  const asked = await carl.post('/api/friends/requests', { userId: ann.id, note: 'Hello' });
  await phone.hears('friendRequest');
  const requests = await ann.get<{ incoming: { _id: string }[] }>('/api/friends/requests');
  const accepted = await ann.post(`/api/friends/requests/${requests.body.incoming[0]?._id}/accept`);
  await phone.hears('friendAccepted');
  const tablet = await bob.connects();
  await phone.hears('userStatus');
  const message: Message = await bob.says(ann, 'Hi');
  await phone.hears('receiveMessage');
  tablet.emits('typing', { recipientId: ann.id });
  await phone.hears('typingStatus');

  const told = [
    asked.body,
    requests.body,
    accepted.body,
    message,
    (await ann.get(`/api/users?query=${encodeURIComponent(bob.account.email)}`)).body,
    (await ann.get('/api/users?query=bo')).body,
    (await ann.get('/api/friends')).body,
    (await ann.get(`/api/messages/${bob.id}`)).body,
    (await ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true })).body,
    (await ann.get(`/api/conversations/${bob.id}/metadata`)).body,
    (await ann.delete(`/api/friends/${carl.id}`)).body,
    phone.seen,
  ];
  expect(
    keysIn(told).filter((key) => /mail|hash|password|token|secret|push|^ip$|key|version|device/i.test(key)),
  ).toEqual([]);
  for (const secret of [bob.account.email, carl.account.email, '$argon2', '127.0.0.1']) {
    expect(JSON.stringify(told)).not.toContain(secret);
  }
});

test('11: by the API document only the account itself has an e-mail address and tokens', () => {
  const { schemas = {} } = openApiDocument(app.app).components ?? {};
  const secretive = Object.entries(schemas).flatMap(([name, schema]) =>
    Object.keys('properties' in schema ? (schema.properties ?? {}) : {})
      .filter((key) => /mail|hash|accessToken|refreshToken|secret|^ip$|push/i.test(key))
      .map((key) => `${name}.${key}`),
  );
  expect(secretive.toSorted()).toEqual([
    'AccountDto.email',
    'Login.email',
    'Refresh.refreshToken',
    'Register.email',
    'SessionDto.ip',
    'SignedInResponse.accessToken',
    'SignedInResponse.refreshToken',
    'TokensResponse.accessToken',
    'TokensResponse.refreshToken',
  ]);
});

const PUBLIC = [
  'GET /health/live',
  'GET /health/ready',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
  'POST /api/auth/register',
];

/** Ways to write a path so that one layer takes it for another path than the next one does. */
const SPELLINGS: Record<string, (path: string) => string> = {
  'as it is': (path) => path,
  'a double slash': (path) => `/${path}`,
  'a double slash inside': (path) => path.replace('/api/', '/api//'),
  'a path parameter': (path) => `${path};x=1`,
  'a path parameter inside': (path) => path.replace('/api', '/api;x=1'),
  'an encoded letter': (path) => path.replace('/api', '/%61pi'),
  'an encoded slash': (path) => path.replace('/api/', '/api%2f'),
  'encoded dots': (path) => path.replace('/api/', '/api/%2e%2e/api/'),
  dots: (path) => path.replace('/api/', '/api/../api/'),
  'dots out of a public route': (path) => `/health/live/..${path}`,
  'a dot': (path) => path.replace('/api/', '/api/./'),
  'upper case': (path) => path.toUpperCase(),
  'mixed case': (path) => path.replace('/api', '/Api'),
  'a slash behind': (path) => `${path}/`,
  'a line feed': (path) => `${path}%0a`,
  NUL: (path) => `${path}%00`,
  'a backslash': (path) => path.replace('/api/', '/api\\'),
  'an empty query': (path) => `${path}?`,
  'a fragment': (path) => `${path}#x`,
  'an absolute address': (path) => app.url + path,
  'an extension': (path) => `${path}.json`,
};

test.each(Object.keys(SPELLINGS))('14: no guarded route is open without a token: %s', async (spelling) => {
  const before = await stored(app.db);
  const guarded = routesOf(app).filter((route) => !PUBLIC.includes(route));
  expect(guarded.length).toBeGreaterThan(15);
  const open: unknown[] = [];
  for (const route of guarded) {
    const [method = '', pattern = ''] = route.split(' ');
    const path = SPELLINGS[spelling]?.(pattern.replaceAll(':', NO_ID)) ?? '';
    for (const verb of new Set([method, 'GET', 'HEAD', 'OPTIONS', 'POST'])) {
      const { status, body } = await rawRequest(app.url, verb, path, {
        'x-http-method-override': method,
        'x-original-url': '/health/live',
        'x-rewrite-url': '/health/live',
      });
      if (![400, 401, 404, 415].includes(status)) open.push([verb, path, status, body]);
      if (spelling === 'as it is' && verb === method) {
        expect([route, status, body]).toMatchObject([route, 401, { success: false, code: 'unauthorized' }]);
      }
    }
  }
  expect(open).toEqual([]);
  expect(await stored(app.db)).toBe(before);
});

test('14: what is open to everybody is what is listed here', async () => {
  const open: string[] = [];
  for (const route of routesOf(app)) {
    const [method = '', pattern = ''] = route.split(' ');
    const { status, body } = await call(app.url, method, pattern.replaceAll(':', NO_ID));
    if (status !== 401 || body.code !== 'unauthorized') open.push(route);
  }
  expect(open.toSorted()).toEqual(PUBLIC);
});

/** The names of all fields, however deep. */
function keysIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysIn)];
}
