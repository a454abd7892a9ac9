import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openApiDocument } from '../../src/operations/api-docs.js';
import type { Message } from '../../src/realtime/wire.js';
import { call, dataOf, friends, type HttpAnswer, Person } from '../support/person.js';
import { rawRequest } from '../support/raw-http.js';
import type { Synced } from '../support/replica.js';
import { NO_ID, routesOf } from '../support/routes.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';

/**
 * Rows 1, 2, 8 and 9 to 14 of the threats: who may see and do what. Rows 3 to 7 are about what does not exist yet, but
 * for rooms, of which no client can name one.
 */

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

/** What Ann and Bob have between them, of which Eve knows every id. */
async function betweenOthers(): Promise<{ eve: Person; message: Message; token: string }> {
  const [eve, message] = [await Person.signUp(app.url, 'Eve'), await ann.says(bob, 'a zebra, unheard-of')];
  const { body } = await ann.post<Synced>('/api/sync', { conversations: {} });
  const mine = body.conversations.find(({ conversationId }) => conversationId === message.conversationId);
  return { eve, message, token: mine?.token ?? '' };
}

/** Both have read all, so that no receipt is stored when their devices come. */
async function haveReadAll(): Promise<void> {
  await ann.reads(bob);
  await bob.reads(ann);
}

/** What an answer says, but for what no two answers have in common. */
const said = ({ status, body }: HttpAnswer) => [status, body];

test('1: nobody reads the messages of others, and what others have is answered as what nobody has', async () => {
  const { eve, message, token } = await betweenOthers();
  const carl = await Person.signUp(app.url, 'Carl');
  const laptop = await eve.connects();
  const { conversationId } = message;
  for (const query of ['', '?limit=200', '?before=1000', '?after=0']) {
    const read = said(await eve.get(`/api/messages/${ann.id}${query}`));
    expect(read).toEqual([200, []]);
    expect(said(await eve.get(`/api/messages/${carl.id}${query}`))).toEqual(read);
    const noOne = said(await eve.get(`/api/messages/${NO_ID}${query}`));
    expect(noOne).toMatchObject([404, { code: 'not_found' }]);
    for (const id of [conversationId, message._id]) {
      expect(said(await eve.get(`/api/messages/${id}${query}`))).toEqual(noOne);
    }
  }
  for (const given of [token, '']) {
    for (const id of [conversationId, NO_ID]) {
      const body = { conversations: { [id]: given }, people: '' };
      const answer = await eve.post<Synced>('/api/sync', body);
      expect([answer.status, answer.body.conversations, answer.body.cursor]).toEqual([200, [], null]);
      expect(dataOf(await laptop.asks('sync', body))).toEqual(answer.body);
    }
  }
  const metadata = said(await eve.get(`/api/conversations/${conversationId}/metadata`));
  expect(metadata).toEqual(said(await eve.get(`/api/conversations/${NO_ID}/metadata`)));
  eve.leaves();
});

test('2: nobody sends into or acts between others: nothing is stored, and they hear of nothing', async () => {
  const { eve, message } = await betweenOthers();
  const asker = await Person.signUp(app.url, 'Mark');
  const asked = await asker.post<{ request: { _id: string } }>('/api/friends/requests', { userId: ann.id });
  const { sessions } = (await ann.get<{ sessions: { _id: string }[] }>('/api/auth/sessions')).body;
  await haveReadAll();
  const [phone, tablet, laptop] = [await ann.connects(), await bob.connects(), await eve.connects()];
  // Bob came after Ann, so this is the last that she is told before.
  await phone.hears('userStatus');
  await tablet.catchesUp();
  const before = [phone.seen.length, tablet.seen.length];
  const stores = await stored(app.db);

  const { conversationId } = message;
  for (const field of [{ conversationId }, { senderId: ann.id }, { senderId: ann.id, conversationId }]) {
    const body = { recipientId: bob.id, text: 'x', ...field };
    expect((await eve.post('/api/messages/send', body)).body.code).toBe('validation_failed');
    expect(await laptop.asks('sendMessage', body)).toMatchObject({ code: 'validation_failed' });
  }
  for (const recipientId of [ann.id, bob.id]) {
    const body = { recipientId, text: 'x' };
    expect(said(await eve.post('/api/messages/send', body))).toMatchObject([403, { code: 'not_friends' }]);
    expect(await laptop.asks('sendMessage', body)).toMatchObject({ code: 'not_friends' });
    await laptop.asks('typing', { recipientId });
  }
  for (const recipientId of [conversationId, message._id]) {
    const body = { recipientId, text: 'x' };
    expect(said(await eve.post('/api/messages/send', body))).toMatchObject([404, { code: 'not_found' }]);
    expect(await laptop.asks('sendMessage', body)).toMatchObject({ code: 'not_found' });
  }
  for (const [method, path, id] of [
    ['POST', '/api/friends/requests/:/accept', asked.body.request._id],
    ['POST', '/api/friends/requests/:/decline', asked.body.request._id],
    ['DELETE', '/api/friends/requests/:', asked.body.request._id],
    ['DELETE', '/api/auth/sessions/:', sessions[0]?._id ?? ''],
    ['DELETE', '/api/friends/:', conversationId],
  ] as const) {
    const does = (which: string) => call(app.url, method, path.replace(':', which), { token: eve.token });
    const answer = said(await does(id));
    expect(answer).toMatchObject([404, { code: 'not_found' }]);
    expect(answer).toEqual(said(await does(NO_ID)));
  }
  const read = await eve.put(`/api/conversations/${conversationId}/read`, { seq: 1 });
  expect(said(read)).toEqual(said(await eve.put(`/api/conversations/${NO_ID}/read`, { seq: 1 })));

  expect(await stored(app.db)).toBe(stores);
  await Promise.all([phone.catchesUp(), tablet.catchesUp()]);
  expect([phone.seen.length, tablet.seen.length]).toEqual(before);
  eve.leaves();
});

test('8: a word that only others wrote is found by nobody else, and counts for nobody else', async () => {
  const eve = await Person.signUp(app.url, 'Eve');
  const laptop = await eve.connects();
  const looks = async () => [
    said(await eve.get('/api/users?query=zebra')),
    said(await eve.get('/api/users?query=a%20zebra')),
    said(await eve.get('/api/conversations')),
    said(await eve.get('/api/conversations/unread')),
    said(await eve.post('/api/sync', { conversations: {}, people: '' })),
    await laptop.asks('sync', { conversations: {}, people: '' }),
  ];
  const before = await looks();
  expect(before.slice(2, 4)).toMatchObject([
    [200, { conversations: [], nextCursor: null }],
    [200, { total: 0, conversations: {} }],
  ]);
  await ann.says(bob, 'a zebra, unheard-of');
  await bob.says(ann, 'zebra');
  expect(await looks()).toEqual(before);
  expect(JSON.stringify(laptop.seen)).not.toContain('zebra');
  eve.leaves();
});

test('12: a receipt for what was not sent to me, or not sent yet, changes and tells nothing', async () => {
  const { eve, message } = await betweenOthers();
  const { conversationId, seq } = message;
  await ann.reads(bob);
  const phone = await ann.connects();
  const laptop = await eve.connects();
  await phone.catchesUp();
  const before = phone.seen.length;
  const stores = await stored(app.db);
  for (const event of ['messageDelivered', 'messageRead'] as const) {
    const refused = await laptop.asks(event, { conversationId, seq });
    expect(refused).toMatchObject({ success: false, code: 'not_found' });
    expect(refused).toEqual(await laptop.asks(event, { conversationId: NO_ID, seq }));
    expect(await phone.asks(event, { conversationId, seq: seq + 1 })).toMatchObject({
      code: 'seq_out_of_range',
    });
  }
  expect(said(await eve.put(`/api/conversations/${ann.id}/read`, { seq }))).toMatchObject([400, {}]);
  const above = await bob.put(`/api/conversations/${ann.id}/read`, { seq: seq + 1 });
  expect(said(above)).toMatchObject([400, { code: 'seq_out_of_range' }]);
  expect(await stored(app.db)).toBe(stores);

  // To read one's own message says nothing of the other.
  dataOf(await phone.asks('messageRead', { conversationId, seq }));
  expect((await ann.reads(bob, '?limit=1'))[0]?.status).toBe('sent');
  await phone.catchesUp();
  expect(phone.seen.length).toBe(before);
  eve.leaves();
});

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
  await haveReadAll();
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
  expect(bySocket.seq).toBe(byHttp.seq + 1);
  for (const message of [byHttp, bySocket]) {
    expect(message).toMatchObject({ senderId: ann.id, recipientId: bob.id, status: 'sent' });
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
