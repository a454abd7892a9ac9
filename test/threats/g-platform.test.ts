import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { Authenticator } from '../../src/auth/authenticator.js';
import { SessionsService } from '../../src/auth/sessions.service.js';
import { ConversationsService } from '../../src/conversations/conversations.service.js';
import { FriendsService } from '../../src/friends/friends.service.js';
import { PeopleService } from '../../src/friends/people.service.js';
import { RequestsService } from '../../src/friends/requests.service.js';
import { HistoryService } from '../../src/messages/history.service.js';
import { MessagesService } from '../../src/messages/messages.service.js';
import { UsersService } from '../../src/users/users.service.js';
import { recordLog } from '../support/log.js';
import { call, friends, type Person } from '../support/person.js';
import { rawRequest } from '../support/raw-http.js';
import { NO_ID } from '../support/routes.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { SECRET } from '../support/tokens.js';
import { type Lock, missing, tooOld } from './minimum-versions.js';
import { secretsIn } from './secrets.js';

/**
 * Rows 86 to 90 of the threats: what the service gives away of itself. That it refuses to start with weak settings
 * (88), and shows no documents and figures in production, is in `test/process/production.test.ts`.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('86: a fault of the server', () => {
  let app: RunningApp;
  let ann: Person;
  let bob: Person;
  beforeAll(async () => {
    app = await startApp({ LOG_LEVEL: 'error', NODE_ENV: 'production', JWT_SECRET: SECRET });
    ({ ann, bob } = await friends(app.url));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    expect((await call(app.url, 'GET', '/health/ready')).status).toBe(200);
  });
  afterAll(() => app.stop());

  /** Errors that know what nobody should. */
  const faults: Record<string, () => unknown> = {
    'an error of the code': () => new TypeError("Cannot read 'x' of undefined in /srv/chat/dist/main.js"),
    'an error of the database': () =>
      new mongo.MongoServerError({
        message: 'E11000 duplicate key error collection: chat.users dup key: { email: "bob@example.org" }',
        code: 12_345,
      }),
    'an error that claims a status': () =>
      Object.assign(new Error('mongodb://db.internal:27017 is away'), { status: 200, statusCode: 200 }),
    'no error at all': () => 'SELECT secret FROM users',
    nothing: () => undefined,
  };

  const INTERNAL = { success: false, code: 'internal', message: 'Something went wrong on the server.' };

  const routes = (): [method: string, path: string, service: object, name: string, body?: object][] => [
    ['GET', '/api/users/me', app.app.get(UsersService), 'me'],
    ['HEAD', '/api/users/me', app.app.get(UsersService), 'me'],
    ['PATCH', '/api/users/me', app.app.get(UsersService), 'update', { name: 'x' }],
    ['GET', '/api/users?query=bob', app.app.get(PeopleService), 'search'],
    ['GET', '/api/friends', app.app.get(FriendsService), 'list'],
    ['POST', '/api/friends/requests', app.app.get(RequestsService), 'ask', { userId: NO_ID }],
    ['GET', `/api/messages/${NO_ID}`, app.app.get(HistoryService), 'read'],
    ['POST', '/api/messages/send', app.app.get(MessagesService), 'send', { recipientId: NO_ID, text: 'x' }],
    ['PUT', `/api/conversations/${NO_ID}/metadata`, app.app.get(ConversationsService), 'changeMetadata', {}],
    ['GET', '/api/auth/sessions', app.app.get(SessionsService), 'list'],
  ];

  test.each(Object.keys(faults))('%s is told to clients as such, and nothing else of it', async (fault) => {
    const phone = await ann.connects();
    const log = recordLog();
    for (const [method, path, service, name, body] of routes()) {
      const spy = jest.spyOn(service as Record<string, () => Promise<unknown>>, name);
      spy.mockRejectedValue(faults[fault]?.());
      const answer = await call(app.url, method, path, { token: ann.token, body });
      expect([path, answer.status, answer.body]).toEqual([path, 500, method === 'HEAD' ? '' : INTERNAL]);
      const id = answer.headers.get('x-request-id') ?? '';
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(log.lines().filter((line) => line.includes(id) && line.includes('"level":50'))).toHaveLength(1);
      if (name === 'send') {
        expect(await phone.raw('sendMessage', body)).toEqual(INTERNAL);
        phone.emits('sendMessage', body);
        expect(await phone.hears('exception')).toEqual({ ...INTERNAL, event: 'sendMessage' });
      }
      spy.mockRestore();
    }

    const doorkeeper = jest.spyOn(app.app.get(Authenticator), 'authenticate');
    doorkeeper.mockRejectedValue(faults[fault]?.());
    const refused = await ann.opens().isRefused();
    expect([refused.message, refused.data]).toEqual([INTERNAL.message, INTERNAL]);
    doorkeeper.mockRestore();
    log.end();
    await phone.catchesUp();
    ann.leaves();
    expect((await ann.says(bob, 'still here')).text).toBe('still here');
  });
});

describe('87: in production', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp({ NODE_ENV: 'production', JWT_SECRET: SECRET });
  });
  afterAll(() => app.stop());

  test('nothing is served that is for its makers', async () => {
    const paths = [
      '/api/docs',
      '/api/docs/',
      '/api/docs/swagger-ui.css',
      '/api/docs/swagger-ui-init.js',
      '/api/docs/swagger-initializer.js',
      '/api/docs-json',
      '/api/docs-yaml',
      '/docs',
      '/metrics',
      '/metrics/',
      '/api/metrics',
      '/socket.io/socket.io.js',
      '/socket.io/socket.io.js.map',
      '/admin',
      '/debug',
      '/health',
      '/health/',
      '/env',
      '/.env',
      '/.git/config',
      '/package.json',
      '/dist/main.js',
      '/main.js.map',
      '/src/main.ts',
      '/..%2fpackage.json',
      '/server-status',
      '/graphql',
    ];
    for (const method of ['GET', 'HEAD', 'POST']) {
      for (const path of paths) {
        const { status } = await rawRequest(app.url, method, path);
        expect([method, path, [400, 404].includes(status)]).toEqual([method, path, true]);
      }
    }
    for (const path of ['/health/live', '/health/ready']) {
      const { status, body } = await call(app.url, 'GET', path);
      expect([status, body]).toEqual([200, { success: true }]);
    }
  });
});

describe('89: secrets', () => {
  // Put together here, or this file would be found too.
  const random = 'q7Zt9LmX2vRk4Wp8Nc6Hs1Jd3Fg5Ba0Y';
  const planted: Record<string, string> = {
    'private key': `-----BEGIN ${'RSA '}PRIVATE KEY-----\nMIIE`,
    'JSON web token': ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', random].join('.'),
    'key of a known service': `aws = '${'AKIA'}IOSFODNN7EXAMPLE'`,
    'address with a password': `mongodb://admin:${'hunter2'}@db.example.org/chat`,
    'random text': `JWT_SECRET=${random}`,
  };

  test.each(Object.entries(planted))('the search finds a %s', (rule, text) => {
    expect(secretsIn(`\n${text}\n`)).toEqual([expect.objectContaining({ rule, line: 2 })]);
  });

  test.each([`"apiKey": "${random}"`, `const accessToken = '${random}';`, `password: ${random}`])(
    'and finds %s',
    (text) => {
      expect(secretsIn(text)).toHaveLength(1);
    },
  );

  test.each([
    'const token = await tokenOf(request);',
    "password: 'correct horse battery staple'",
    "SECRET = 'the secret that the tests sign with, too'",
    'mongodb://127.0.0.1:27017/chat',
    'mongodb://${user}:${password}@${host}',
  ])('but not %s', (text) => {
    expect(secretsIn(text)).toEqual([]);
  });

  /** The signature of the API document's example is the word `signature`; a test's made-up password. */
  const EXAMPLES = /\.c2lnbmF0dXJl$|:\/\/me:swordfish@$|:…@$/;

  test('are in no file of the repository', () => {
    const files = tracked().filter((file) => !/\.(png|jpg|svg|ico|woff2?)$/.test(file));
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      secretsIn(readFileSync(`${ROOT}/${file}`, 'utf8')).map(({ rule, line, text }) => ({
        file,
        rule,
        line,
        text,
      })),
    );
    expect(found.filter(({ text }) => !EXAMPLES.test(text))).toEqual([]);
  });

  test('nor is any file that would hold some', () => {
    const secretive =
      /(^|\/)(\.env(?!\.example$)[^/]*|\.data|jwt-secret|id_[a-z]+|\.npmrc\.local|.*\.(pem|key|p12|pfx|keystore))($|\/)/;
    expect(tracked().filter((file) => secretive.test(file))).toEqual([]);
  });
});

/** The files of the repository that are there. */
function tracked(): string[] {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter((file) => file !== '' && statSync(`${ROOT}/${file}`, { throwIfNoEntry: false })?.isFile());
}

describe('90: dependencies', () => {
  const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as Lock;

  test('are new enough, every copy of them', () => {
    expect(missing(lock)).toEqual([]);
    expect(tooOld(lock)).toEqual([]);
  });

  test.each([
    ['4.2.6', true],
    ['4.2.7', false],
    ['4.2.10', false],
    ['4.3.0', false],
    ['10.0.0', false],
    ['3.9.9', true],
    ['4.2.7-rc.1', true],
    ['4.2.8-rc.1', false],
  ])('4.2.7 needed, %s installed: too old %p', (version, isTooOld) => {
    const packages = { '': {}, 'node_modules/a/node_modules/socket.io-parser': { version } };
    expect(tooOld({ packages })).toEqual(isTooOld ? [`socket.io-parser@${version}`] : []);
  });
});
