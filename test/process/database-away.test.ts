import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findBinary } from '../../src/database/embedded/binary/find-binary.js';
import { freePort } from '../../src/database/embedded/loopback.js';
import { call, dataOf, friends } from '../support/person.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

/** The longest that anything may wait for a database that does not answer, in milliseconds. */
const LONGEST_WAIT = 25_000;

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

const away = {
  success: false,
  code: expect.stringMatching(/^(unavailable|outcome_unknown)$/),
  message: expect.any(String),
};

async function isReadyAgain({ url }: ServiceProcess): Promise<void> {
  while ((await call(url, 'GET', '/health/ready')).status !== 200);
}

async function signalMongod(service: ServiceProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill((await service.mongod())?.pid as number, signal);
}

test('a database that hangs is told in bounded time, and everything goes on by itself when it is back', async () => {
  const service = await services.start({ LOG_LEVEL: 'fatal' });
  const { ann, bob } = await friends(service.url);
  const device = await ann.connects();
  const message = { recipientId: bob.id, text: 'Once', clientMessageId: 'once' };
  await ann.says(bob, 'Before');

  await signalMongod(service, 'SIGSTOP');
  const since = performance.now();
  const [ready, ...answers] = await Promise.all([
    call(service.url, 'GET', '/health/ready'),
    ann.get('/api/friends'),
    ann.get(`/api/messages/${bob.id}`),
    ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true }),
    ann.posts(bob, 'Over HTTP', 'over-http'),
    device.asks('sendMessage', message).then((body) => ({ status: 503, body })),
  ]);
  expect(performance.now() - since).toBeLessThan(LONGEST_WAIT);
  for (const { status, body } of [ready, ...answers]) expect([status, body]).toEqual([503, away]);
  expect((await call(service.url, 'GET', '/health/live')).status).toBe(200);

  await signalMongod(service, 'SIGCONT');
  await isReadyAgain(service);
  const sent = dataOf(await device.asks('sendMessage', message));
  expect(dataOf(await device.asks('sendMessage', message))).toMatchObject({ _id: sent._id, seq: sent.seq });
  const history = await ann.reads(bob);
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  expect(history.filter(({ clientMessageId }) => clientMessageId === 'once')).toMatchObject([
    { _id: sent._id },
  ]);
  ann.leaves();
});

test('a database that was killed is started again, and what was being sent arrives once', async () => {
  const service = await services.start();
  const { ann, bob } = await friends(service.url);
  const device = await ann.connects();
  const phone = await bob.connects();
  const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
  const send = (clientMessageId: string) =>
    device.asks('sendMessage', { recipientId: bob.id, text: clientMessageId, clientMessageId });
  await device.asks('sendMessage', { recipientId: bob.id, text: 'Before' });

  await signalMongod(service, 'SIGKILL');
  const failed = (await Promise.all(keys.map(send))).filter(({ success }) => !success);
  expect(failed).toEqual(failed.map(() => away));
  await service.says(/The database runs again\./);
  await isReadyAgain(service);
  const sent = (await Promise.all(keys.map(send))).map(dataOf);
  const history = await bob.reads(ann);
  expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  expect(new Set(history.slice(1).map(({ _id }) => _id))).toEqual(new Set(sent.map(({ _id }) => _id)));
  for (const { _id } of history) await phone.hears('receiveMessage', (message) => message._id === _id);
  expect(await service.isStopped()).toEqual({ code: 0, signal: null });
  expect(await service.hasMongod()).toBe(false);
});

test('a standalone mongod is refused in one line', async () => {
  const dbpath = join(services.folder, 'standalone');
  await mkdir(dbpath);
  const port = await freePort();
  const { file } = await findBinary({
    binary: process.env.MONGOD_BINARY,
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
    searchPath: process.env.PATH,
    say: () => undefined,
  });
  const options = ['--dbpath', dbpath, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'];
  const standalone = spawn(file, options, { stdio: 'ignore' });
  try {
    expect(await services.refuses({ MONGODB_URI: `mongodb://127.0.0.1:${port}/` })).toMatchObject({
      code: 1,
      stdout: '',
      lines: [
        expect.stringMatching(
          /^The service cannot start: MONGODB_URI cannot be used: it is a standalone mongod;/,
        ),
      ],
    });
  } finally {
    standalone.kill('SIGKILL');
    await once(standalone, 'exit');
  }
});
