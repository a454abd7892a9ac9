import { spawn } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { getConnectionToken } from '@nestjs/mongoose';
import mongoose, { type Connection } from 'mongoose';
import { MetadataRepository } from '../../src/conversations/metadata.repository.js';
import { SessionsRepository } from '../../src/auth/sessions.repository.js';
import { FriendshipsRepository } from '../../src/friends/friendships.repository.js';
import { MessagesRepository } from '../../src/messages/messages.repository.js';
import { OverviewRepository } from '../../src/messages/overview.repository.js';
import type { ClientToServerEvents } from '../../src/realtime/client-events.js';
import type { Message } from '../../src/realtime/wire.js';
import { UsersRepository } from '../../src/users/users.repository.js';
import type { Device } from '../support/device.js';
import { recordLog } from '../support/log.js';
import { call, dataOf, friends, type HttpAnswer, type Person } from '../support/person.js';
import { rawRequest, sendBytes } from '../support/raw-http.js';
import { holding, NO_ID, type Operation, operationsOf } from '../support/routes.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';
import { SECRET } from '../support/tokens.js';
import { type Regex, regexesIn, regexesOf, sourcesIn } from './sources.js';

/** Rows 37 to 48 of the threats: input that wants to be more than data. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let app: RunningApp;
let ann: Person;
let bob: Person;
let phone: Device;
let operations: Operation[];
beforeAll(async () => {
  app = await startApp();
  ({ ann, bob } = await friends(app.url));
  phone = await ann.connects();
  operations = operationsOf(app);
});
afterEach(async () => {
  expect((await call(app.url, 'GET', '/health/ready')).status).toBe(200);
  await phone.catchesUp();
  expect(phone.socket.connected).toBe(true);
});
afterAll(async () => {
  ann.leaves();
  await app.stop();
});

/** Every event a client can send, and a payload that is valid. */
const EVENTS: { [E in keyof ClientToServerEvents]: Record<string, unknown> } = {
  sendMessage: {
    recipientId: NO_ID,
    text: 'x',
    attachment: { type: 'image', url: 'https://example.org/a.png' },
    clientMessageId: 'x',
  },
  typing: { recipientId: NO_ID },
  stopTyping: { recipientId: NO_ID },
  messageDelivered: { conversationId: NO_ID, seq: 1 },
  messageRead: { conversationId: NO_ID, seq: 1 },
  sync: { conversations: {}, people: 'x', limit: 1 },
  authenticate: { token: 'x' },
};

/** What an operator would keep the database busy for, and what nobody may be kept waiting, in milliseconds. */
const SLEEP = 30_000;
const SLEEPLESS = 15_000;

const OPERATORS = [
  { $ne: null },
  { $gt: '' },
  { $regex: '.*' },
  { $where: `sleep(${SLEEP}) || true` },
  { $in: ['a'] },
  [{ $ne: null }],
];

/** Operators inside of others: CVE-2026-42334 was one that a sanitizer did not walk into. */
const NESTED = [
  { $nor: [{ email: { $regex: '^a' } }] },
  { $or: [{}, { $where: `sleep(${SLEEP})` }] },
  { $and: [{ $nor: [{ $or: [{}] }] }] },
  { $expr: { $function: { body: `function () { sleep(${SLEEP}) }`, args: [], lang: 'js' } } },
  { $jsonSchema: {} },
  { $not: { $eq: 'x' } },
  { $eq: { $ne: null } },
];

function bodies(): (Operation & { body: Record<string, unknown> })[] {
  return operations.filter((operation): operation is Operation & { body: Record<string, unknown> } =>
    Boolean(operation.body),
  );
}

/** Sends it to the operation as Ann. */
function sends({ method, path }: Operation, body: unknown): Promise<HttpAnswer> {
  return call(app.url, method, path, { token: ann.token, body });
}

/** Asks each, and tells those that were not refused for this field and without delay. */
async function notRefused(
  inputs: [name: string, field: string, ask: () => Promise<{ errors?: { field: string }[] | undefined }>][],
): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const [name, field, ask] of inputs) {
    const begun = Date.now();
    const { errors = [] } = await ask();
    const isNamed = errors.some((error) => error.field.startsWith(field));
    const ms = Date.now() - begun;
    if (!isNamed || ms > SLEEPLESS) wrong.push([name, errors, ms]);
  }
  return wrong;
}

test('the bodies that these tests change are good', async () => {
  expect(bodies().length).toBeGreaterThanOrEqual(8);
  for (const operation of bodies()) {
    const { body } = await sends(operation, operation.body);
    expect([operation.path, body.code]).not.toEqual([operation.path, 'validation_failed']);
  }
  for (const [event, payload] of Object.entries(EVENTS)) {
    expect(await phone.raw(event, payload)).not.toMatchObject({ code: 'validation_failed' });
  }
});

describe.each([
  ['37: an operator', OPERATORS],
  ['39: an operator inside of another', NESTED],
])('%s', (_, operators) => {
  test('in any field of any body is refused', async () => {
    const before = await stored(app.db);
    const inputs = bodies().flatMap((operation) =>
      [...operation.fields, '$or', '$where'].flatMap((field) =>
        operators.map((value): [string, string, () => Promise<HttpAnswer['body']>] => [
          `${operation.method} ${operation.path} ${field} ${JSON.stringify(value)}`,
          field,
          async () => (await sends(operation, holding(operation.body, field, value))).body,
        ]),
      ),
    );
    expect(await notRefused(inputs)).toEqual([]);
    expect(await stored(app.db)).toBe(before);
  });

  test('in any field of any event is refused', async () => {
    const before = await stored(app.db);
    const inputs = Object.entries(EVENTS).flatMap(([event, payload]) =>
      [
        ...Object.keys(payload),
        ...(payload.attachment ? ['attachment.type', 'attachment.url'] : []),
        '$or',
      ].flatMap((field) =>
        operators.map((value): [string, string, () => Promise<HttpAnswer['body']>] => [
          `${event} ${field} ${JSON.stringify(value)}`,
          field,
          async () => (await phone.raw(event, holding(payload, field, value))) as HttpAnswer['body'],
        ]),
      ),
    );
    expect(await notRefused(inputs)).toEqual([]);
    expect(await stored(app.db)).toBe(before);
  });

  test('in any path or query is refused, or text like any other', async () => {
    const before = await stored(app.db);
    const wrong: unknown[] = [];
    for (const { method, path, query } of operations) {
      for (const operator of operators) {
        const value = encodeURIComponent(JSON.stringify(operator));
        const addresses = [
          ...(path.includes(NO_ID) ? [path.replace(NO_ID, value)] : []),
          ...query.map((name) => `${path}?${name}=${value}`),
        ];
        for (const address of addresses) {
          const begun = Date.now();
          const { status, body } = await call<{ users?: unknown[] }>(app.url, method, address, {
            token: ann.token,
          });
          const isRight = status === 400 || (path === '/api/users' && body.users?.length === 0);
          if (!isRight || Date.now() - begun > SLEEPLESS) wrong.push([method, address, status, body]);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await stored(app.db)).toBe(before);
  });
});

describe.each([
  [
    '38: a query that wants to be an object or a list',
    [
      'after[$gt]=',
      'id[]=1',
      'limit[$ne]=1',
      'limit=1&limit=2',
      'query[]=ann',
      'query=ann&query=bob',
      '[]=',
      '$where=1',
    ],
  ],
  [
    '41: a query that wants other fields',
    [
      'select=$passwordHash',
      'select=passwordHash',
      'fields=passwordHash',
      'sort[secret]=1',
      'sort=-passwordHash',
      'populate=user',
      'populate[path]=user&populate[match][$where]=1',
      'projection[passwordHash]=1',
      'lean=false',
      'filter={}',
    ],
  ],
])('%s', (_, queries) => {
  test.each(queries)('%s', async (query) => {
    const reading = operations.filter(({ method, path }) => method === 'GET' && !path.startsWith('/health'));
    expect(reading.length).toBeGreaterThanOrEqual(7);
    for (const { path } of reading) {
      // With what is needed, so that it is the rest that is refused.
      const needed = path === '/api/users' && !query.startsWith('query') ? 'query=ann&' : '';
      const answer = await rawRequest(app.url, 'GET', `${path}?${needed}${query}`, {
        authorization: `Bearer ${ann.token}`,
      });
      expect([path, answer]).toMatchObject([path, { status: 400, body: { code: 'validation_failed' } }]);
    }
  });
});

describe('40: an operator where the code expects a text', () => {
  const hostile = { $ne: null } as unknown as string;

  test.each([
    'find',
    'findOne',
    'countDocuments',
    'exists',
    'findOneAndUpdate',
    'updateOne',
    'updateMany',
    'deleteOne',
    'deleteMany',
    'findOneAndDelete',
    'distinct',
    'cursor',
  ] as const)('finds and changes nothing by Mongoose: %s', async (name) => {
    const users = app.app.get<Connection>(getConnectionToken()).model('UserRow');
    const before = await stored(app.db);
    const filters: object[] = [
      { email: hostile },
      { $nor: [{ email: hostile }] },
      { $or: [{ $and: [{ email: hostile }] }] },
      { $where: 'true' },
      { email: { $not: { $eq: 'x' } } },
      { unknown: 'x' },
    ];
    for (const filter of filters) {
      const queries = {
        find: () => users.find(filter),
        findOne: () => users.findOne(filter),
        countDocuments: () => users.countDocuments(filter),
        exists: () => users.exists(filter),
        findOneAndUpdate: () => users.findOneAndUpdate(filter, { name: 'hacked' }),
        updateOne: () => users.updateOne(filter, { name: 'hacked' }),
        updateMany: () => users.updateMany(filter, { name: 'hacked' }),
        deleteOne: () => users.deleteOne(filter),
        deleteMany: () => users.deleteMany(filter),
        findOneAndDelete: () => users.findOneAndDelete(filter),
        distinct: () => users.distinct('email', filter),
        cursor: () => users.find(filter).cursor().next(),
      };
      await expect(Promise.resolve().then(queries[name])).rejects.toThrow();
    }
    expect(await stored(app.db)).toBe(before);
  });

  test('finds and changes nothing by any method of a repository', async () => {
    const users = app.app.get(UsersRepository);
    const sessions = app.app.get(SessionsRepository);
    const messages = app.app.get(MessagesRepository);
    const overview = app.app.get(OverviewRepository);
    const metadata = app.app.get(MetadataRepository);
    const friendships = app.app.get(FriendshipsRepository);
    const message = await ann.says(bob, 'x', 'a-key');
    await ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true });
    const before = await stored(app.db);
    const now = new Date();
    const page = {
      conversationId: message.conversationId,
      viewerId: ann.id,
      limit: 9,
      order: 'oldest first',
    } as const;
    const found = async (rows: Promise<Map<string, unknown>>) => [...(await rows).values()][0];
    const calls: Record<string, () => Promise<unknown>> = {
      'users.findById': () => users.findById(hostile),
      'users.findByIds': () => users.findByIds([hostile]),
      'users.findByEmail': () => users.findByEmail(hostile),
      'users.findByNamePrefix': () => users.findByNamePrefix(hostile, 20, ann.id),
      'users.exists': () => users.exists(hostile),
      'users.changeProfile': () => users.changeProfile(hostile, { name: 'x' }),
      'users.changeProfile, name': () => users.changeProfile(ann.id, { name: hostile }),
      'users.findCredentialsByEmail': () => users.findCredentialsByEmail(hostile),
      'users.findCredentialsById': () => users.findCredentialsById(hostile),
      'users.recordSeen': () => users.recordSeen([hostile], now),
      'users.lastSeenOf': () => users.lastSeenOf([hostile]),
      'sessions.findOwnerOfAlive': () => sessions.findOwnerOfAlive(hostile),
      'sessions.findAllAlive': () => sessions.findAllAlive(hostile),
      'sessions.advanceRefresh': () => sessions.advanceRefresh(hostile, 0, now, now),
      'sessions.advanceRefresh, counter': () =>
        sessions.advanceRefresh(NO_ID, hostile as unknown as number, now, now),
      'sessions.findLatest': () => sessions.findLatest(hostile),
      'sessions.revoke': () => sessions.revoke(ann.id, hostile, now),
      'sessions.revoke, whose': () => sessions.revoke(hostile, NO_ID, now),
      'sessions.revokeOthers': () => sessions.revokeOthers(hostile, NO_ID, now),
      'sessions.recordUse': () => sessions.recordUse([hostile], now, now),
      'messages.findTwins': () => found(messages.findTwins([{ ...message, clientMessageId: hostile }])),
      'messages.findTwins, whose': () => found(messages.findTwins([{ ...message, senderId: hostile }])),
      'overview.findEnds': () => overview.findEnds([hostile]),
      'messages.findPage': () => messages.findPage({ ...page, conversationId: hostile }),
      'messages.findPage, viewer': () => messages.findPage({ ...page, viewerId: hostile }),
      'metadata.find': async () => (await metadata.find(ann.id, hostile)).isPinned || undefined,
      'metadata.change': () => metadata.change(hostile, bob.id, { isPinned: true }),
      'metadata.findBlocks': () => metadata.findBlocks([{ me: hostile, other: bob.id }]),
      'friendships.findByRequest': () => friendships.findByRequest(ann.id, hostile),
      'friendships.findByRequest, whose': () => friendships.findByRequest(hostile, NO_ID),
      'friendships.findOpen': () => friendships.findOpen(hostile),
      'friendships.findFriendIds': () => friendships.findFriendIds(hostile),
      'friendships.findStates': () => friendships.findStates(hostile, [bob.id]),
      'friendships.friendsAmong': () => friendships.friendsAmong([{ me: hostile, other: bob.id }]),
    };
    const outcomes = await Promise.all(
      Object.entries(calls).map(async ([name, run]) => {
        const outcome = await Promise.resolve()
          .then(run)
          .catch(() => undefined);
        return [name, outcome ?? 'nothing'];
      }),
    );
    expect(outcomes.filter(([, outcome]) => outcome !== 'nothing')).toEqual([]);
    expect(await stored(app.db)).toBe(before);
  });

  test('only repositories reach what Mongoose does not sanitise, and nobody lets the database run JavaScript', () => {
    expect(mongoose.get('sanitizeFilter')).toBe(true);
    expect(mongoose.get('strictQuery')).toBe('throw');
    const features = sourcesIn(ROOT, 'src').filter(({ file }) => !file.startsWith('src/database/'));
    const reaching = features.filter(({ code }) =>
      /\.collection\b|\baggregate\b|\bbulkWrite\b|\btrusted\(|\.db\b/.test(code),
    );
    expect(reaching.length).toBeGreaterThan(2);
    expect(reaching.filter(({ file }) => !/\.repository\.ts$/.test(file)).map(({ file }) => file)).toEqual([
      'src/operations/readiness.ts',
    ]);
    const scripted = features.filter(({ code }) =>
      /\$where|\$function|\$accumulator|mapReduce|\$expr/.test(code),
    );
    expect(scripted.map(({ file }) => file)).toEqual([]);
  });
});

describe('42: names of prototypes', () => {
  const send = (more: string) => `{"recipientId":"${bob.id}","text":"x",${more}}`;
  const payloads: Record<string, () => string> = {
    __proto__: () => send('"__proto__":{"polluted":1}'),
    'constructor.prototype': () => send('"constructor":{"prototype":{"polluted":1}}'),
    constructor: () => send('"constructor":{"name":"SendMessageDto"}'),
    prototype: () => send('"prototype":{"polluted":1}'),
    '__proto__ in an attachment': () =>
      send('"attachment":{"type":"image","url":"https://a.example","__proto__":{"polluted":1}}'),
    '__proto__ escaped': () => send('"\\u005f_proto__":{"polluted":1}'),
    '__proto__ that holds the fields': () => `{"__proto__":{"recipientId":"${bob.id}","text":"x"}}`,
    '__proto__ that would end validation (CVE-2019-18413)': () =>
      `{"recipientId":{"$ne":null},"text":5,"__proto__":{}}`,
    'constructor that would end validation': () =>
      `{"recipientId":{"$ne":null},"text":5,"constructor":false}`,
    __defineGetter__: () => send('"__defineGetter__":"x"'),
    toString: () => send('"toString":"x"'),
    hasOwnProperty: () => send('"hasOwnProperty":1'),
  };

  test.each(Object.keys(payloads))(
    '%s is refused in a body and in an event, and pollutes nothing',
    async (name) => {
      const before = await stored(app.db);
      const text = payloads[name]?.() ?? '';
      const http = await fetch(`${app.url}/api/messages/send`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}` },
        body: text,
      });
      const { code } = (await http.json()) as { code: string };
      expect([http.status, ['malformed_json', 'validation_failed'].includes(code)]).toEqual([400, true]);
      expect(await phone.raw('sendMessage', JSON.parse(text))).toMatchObject({ code: 'validation_failed' });
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
      expect(await stored(app.db)).toBe(before);
    },
  );

  test('as the name of an event are unknown events', async () => {
    for (const event of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then']) {
      expect(await phone.raw(event, {})).toMatchObject({ success: false, code: 'unknown_event' });
    }
  });
});

describe('44: bait for backtracking', () => {
  /** Long enough for a minute of backtracking, where it goes with the square of the length. */
  const LONG = 400_000;
  const bait: Record<string, string> = {
    'an e-mail address without an end': 'a'.repeat(LONG),
    'an e-mail address of dots': `${'a.'.repeat(LONG / 2)}@example.org`,
    'an e-mail address of at signs': '@'.repeat(LONG),
    'an e-mail address of quotes': `"${'\\"'.repeat(LONG / 2)}@example.org`,
    'an e-mail address of a long domain': `a@${'a-'.repeat(LONG / 2)}.org`,
    'an address of slashes': `https://${'/'.repeat(LONG)}`,
    'an address of blanks': `https://${' '.repeat(LONG)}x`,
    'an address of signs to be encoded': `https://a.example/${'%'.repeat(LONG)}`,
    'an address of colons': `http:${':'.repeat(LONG)}`,
  };

  test.each(Object.keys(bait))('%s is refused at once', async (name) => {
    const value = bait[name];
    const before = await stored(app.db);
    const { url } = app;
    const person = { email: 'bait@example.org', password: 'a good password', name: 'Bait' };
    const attachment = { type: 'image', url: value };
    const begun = Date.now();
    const answers = [
      await call(url, 'POST', '/api/auth/register', { body: { ...person, email: value } }),
      await call(url, 'POST', '/api/auth/register', { body: { ...person, photoURL: value } }),
      await call(url, 'POST', '/api/auth/login', { body: { email: value, password: 'x' } }),
      await ann.patch('/api/users/me', { photoURL: value }),
      await ann.post('/api/messages/send', { recipientId: bob.id, attachment }),
    ];
    const told = await phone.raw('sendMessage', { recipientId: bob.id, attachment });
    expect(Date.now() - begun).toBeLessThan(SLEEPLESS);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect(told).toMatchObject({ code: 'validation_failed', errors: [{ field: 'attachment.url' }] });
    expect(await stored(app.db)).toBe(before);
  });
});

describe('44: our regular expressions', () => {
  /** On a busy machine the analysis takes a minute. */
  const PATIENCE = 300_000;

  /** For each `safe`, or what an attacker gains. */
  async function complexitiesOf(regexes: Regex[]): Promise<string[]> {
    const script = fileURLToPath(new URL('recheck.mjs', import.meta.url));
    const analysis = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    analysis.stdin.end(JSON.stringify(regexes));
    return (await json(analysis.stdout)) as string[];
  }

  test(
    'take time in proportion to the text, whatever it is',
    async () => {
      const regexes = regexesIn(ROOT, 'src');
      expect(regexes.length).toBeGreaterThan(10);
      const complexities = await complexitiesOf(regexes);
      expect(complexities).toHaveLength(regexes.length);
      expect(regexes.filter((_, index) => complexities[index] !== 'safe')).toEqual([]);
    },
    PATIENCE,
  );

  test(
    'would be found if they did not',
    async () => {
      const code = 'const bad = /^(a+)+$/;\nif (/\\s*,\\s*x/g.test(text)) f({ good: /^[a-z]+$/u });';
      const expected = ['vulnerable exponential', 'vulnerable polynomial', 'safe'];
      expect(await complexitiesOf(regexesOf('x.ts', code))).toEqual(expected);
    },
    PATIENCE,
  );

  test('none is made of text at run time, but for the name of a file', () => {
    const made = sourcesIn(ROOT, 'src').filter(({ code }) => /\bRegExp\(/.test(code));
    expect(made.map(({ file }) => file)).toEqual(['src/database/embedded/binary/binary-cache.ts']);
  });
});

describe('45: JSON that is none, or too much', () => {
  test('1 GB that is only announced is refused before it comes', async () => {
    const answer = await sendBytes(
      app.url,
      `POST /api/messages/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{"text":"',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"too_large"');
  });

  const nested = (depth: number) => `{"text":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const wide = (keys: number) => `{${Array.from({ length: keys }, (_, index) => `"k${index}":1`).join(',')}}`;
  const bodies: [name: string, status: number, body: () => string | Uint8Array][] = [
    ['20,000 deep', 400, () => nested(20_000)],
    ['500,000 deep', 400, () => nested(500_000)],
    ['100,000 keys', 413, () => wide(100_000)],
    ['80,000 keys', 400, () => wide(80_000)],
    ['more than 1 MiB', 413, () => `{"text":"${'x'.repeat(1024 * 1024)}"}`],
    ['NaN', 400, () => '{"text":NaN}'],
    ['Infinity', 400, () => '{"text":-Infinity}'],
    ['a number beyond all numbers', 400, () => '{"text":1e999}'],
    ['a lone surrogate', 400, () => `{"recipientId":"${bob.id}","text":"\\ud800"}`],
    ['half a pair of surrogates', 400, () => `{"recipientId":"${bob.id}","text":"\\udc00\\ud800"}`],
    ['bytes that are not UTF-8', 400, () => new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a surrogate in UTF-8', 400, () => Buffer.from('7b2278223a22eda08022 7d'.replace(' ', ''), 'hex')],
    ['UTF-16', 400, () => Buffer.from('{"text":"x"}', 'utf16le')],
    ['cut', 400, () => '{"recipientId":'],
    ['two at once', 400, () => '{}{}'],
    ['a comment', 400, () => '{"text":"x"/**/}'],
    ['single quotes', 400, () => "{'text':'x'}"],
    ['a comma too many', 400, () => '{"text":"x",}'],
    ['a raw control character', 400, () => '{"text":"\u0001"}'],
    ['a text', 400, () => '"x"'],
    ['a list', 400, () => '[]'],
    ['a number', 400, () => '5'],
    ['null', 400, () => 'null'],
  ];

  test.each(bodies)('%s: %i', async (_, status, make) => {
    const before = await stored(app.db);
    const response = await fetch(`${app.url}/api/messages/send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ann.token}` },
      body: make() as string,
    });
    const code = expect.stringMatching(status === 413 ? 'too_large' : /^(malformed_json|validation_failed)$/);
    expect([response.status, await response.json()]).toMatchObject([status, { success: false, code }]);
    expect(await stored(app.db)).toBe(before);
  });

  test('the same in an event', async () => {
    const before = await stored(app.db);
    const payloads = [
      nested(3000),
      wide(80_000),
      `{"recipientId":"${bob.id}","text":"\\ud800"}`,
      '{"text":1e999}',
    ];
    for (const payload of payloads) {
      expect(await phone.raw('sendMessage', JSON.parse(payload))).toMatchObject({
        code: 'validation_failed',
      });
    }
    expect(await stored(app.db)).toBe(before);
  });
});

describe('46: text that is hard to handle', () => {
  const texts: Record<string, string> = {
    NUL: 'a\u0000b',
    'an override of direction': '\u202egnp.exe\u202c',
    'a family': '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}',
    'both spellings of a letter': 'e\u0301 \u00e9',
    'combining marks': 'Z\u0351\u0357'.repeat(3000),
    'as many marks as there may be': 'x\u0301'.repeat(5000),
    'as many pairs of surrogates as there may be': '\u{1F600}'.repeat(10_000),
    'no characters': '\ufffe\uffff',
    'a byte order mark': '\ufeffx',
    'ends of lines': 'a\r\nb\u2028c\u2029d\u0085e\u000bf',
    'blanks around': ' x ',
    'an escape of the terminal': '\u001b[31mred',
    'what looks like an escape': '\\u0041 %41 &#65; $where {{7*7}}',
  };

  test.each(Object.keys(texts))('%s is stored and returned as sent, over both transports', async (name) => {
    const text = texts[name] ?? '';
    const other = await bob.connects();
    const byHttp = await ann.says(bob, text);
    const bySocket = dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text }));
    const hears = ({ _id }: Message) => other.hears('receiveMessage', (message) => message._id === _id);
    const heard = [await hears(byHttp), await hears(bySocket)];
    const read = await bob.reads(ann, '?limit=2');
    const rows = await app.db.collection('messages').find().sort({ seq: -1 }).limit(2).toArray();
    const all = [byHttp, bySocket, ...heard, ...read, ...(rows as unknown as Message[])];
    expect(all).toHaveLength(8);
    expect(new Set(all.map((message) => message.text))).toEqual(new Set([text]));
    other.close();
  });

  test('100 kB of marks on one letter is 50,000 characters, and so refused', async () => {
    const before = await stored(app.db);
    const body = { recipientId: bob.id, text: `x${'\u0301'.repeat(50_000)}` };
    const refusal = { code: 'validation_failed', errors: [{ field: 'text' }] };
    expect(await ann.post('/api/messages/send', body)).toMatchObject({ status: 400, body: refusal });
    expect(await phone.asks('sendMessage', body)).toMatchObject(refusal);
    expect(await stored(app.db)).toBe(before);
  });
});

describe('47: markup and addresses that would run', () => {
  test('markup is data, in JSON that no browser takes for a page', async () => {
    const markup = '<img src=x onerror=alert(1)><script>alert(1)</script>';
    const message = await ann.says(bob, markup);
    await ann.patch('/api/users/me', { name: markup });
    expect(message.text).toBe(markup);
    const paths = ['/api/users/me', `/api/messages/${bob.id}`, `/api/${encodeURIComponent(markup)}`];
    const answers = [];
    for (const path of paths) answers.push(await ann.get(path));
    answers.push(await bob.get('/api/friends'));
    answers.push(await ann.post('/api/messages/send', { [markup]: 1 }));
    for (const { headers } of answers) {
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    }
    expect(JSON.stringify(answers.slice(0, 2).map(({ body }) => body))).toContain('onerror=alert(1)');
    await ann.patch('/api/users/me', { name: 'Ann' });
  });

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'javascript://example.org/%0aalert(1)',
    'javascript:http://example.org',
    'data:text/html,<script>alert(1)</script>',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://example.org/1',
    'ftp://example.org/a',
    '//example.org/a',
    '/etc/passwd',
    'https:example.org',
    'http:///',
    'https://example.org/a b',
    'https://example.org/\r\nSet-Cookie: a=b',
    'https://[::1',
    '',
  ])('%j is no address, neither of a picture nor of an attachment', async (url) => {
    const before = await stored(app.db);
    const body = { recipientId: bob.id, text: 'x', attachment: { type: 'image', url } };
    const refusal = (field: string) => ({ code: 'validation_failed', errors: [{ field }] });
    expect(await ann.post('/api/messages/send', body)).toMatchObject({
      status: 400,
      body: refusal('attachment.url'),
    });
    expect(await phone.asks('sendMessage', body)).toMatchObject(refusal('attachment.url'));
    const photo = await ann.patch('/api/users/me', { photoURL: url });
    expect(photo).toMatchObject({ status: 400, body: refusal('photoURL') });
    expect(await stored(app.db)).toBe(before);
  });
});

test('48: ends of lines in what people write reach no header and begin no line of the log', async () => {
  const log = recordLog();
  const quiet = await startApp({ NODE_ENV: 'production', LOG_LEVEL: 'trace', JWT_SECRET: SECRET });
  const forged = 'x\r\nSet-Cookie: a=b\r\n\r\n{"level":60,"msg":"forged"}\n';
  const email = 'lines@example.org';
  const signedUp = await call<{ accessToken: string }>(quiet.url, 'POST', '/api/auth/register', {
    body: { email, password: forged, name: forged },
  });
  const token = signedUp.body.accessToken;
  const encoded = encodeURIComponent(forged);
  const answers = [
    signedUp,
    await call(quiet.url, 'POST', '/api/auth/login', { body: { email: forged, password: forged } }),
    await call(quiet.url, 'GET', `/api/users?query=${encoded}`, { token }),
    await call(quiet.url, 'GET', `/api/messages/${encoded}`, { token }),
    await call(quiet.url, 'GET', `/${encoded}?${encoded}`, { token }),
    await call(quiet.url, 'GET', '/api/users/me', {
      token,
      headers: { 'x-request-id': 'mine', cookie: 'a=forged' },
    }),
    await call(quiet.url, 'PATCH', '/api/users/me', { token, body: { [forged]: 1 } }),
  ];
  const ids = answers.map(({ headers }) => headers.get('x-request-id') ?? 'none');
  const lines = ids.map((id) => log.lines().filter((line) => line.includes('"route"') && line.includes(id)));
  await quiet.stop();
  log.end();

  for (const { headers } of answers) {
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect(lines.map(({ length }) => length)).toEqual(answers.map(() => 1));
  for (const line of log.lines()) expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(log.lines().join('\n')).not.toContain('forged');
});
