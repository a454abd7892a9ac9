import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, friends, Person } from '../support/person.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

describe('The start', () => {
  test('says Ready with its URLs when it serves, and has its data again the next time', async () => {
    const first = await services.start();
    expect(first.stdout).toMatch(
      /^Ready: API http:\/\/127\.0\.0\.1:\d+\/api - Swagger UI http:\/\/127\.0\.0\.1:\d+\/api\/docs\n$/,
    );
    for (const path of ['/health/live', '/health/ready', '/api/docs', '/api/docs-json']) {
      expect((await call(first.url, 'GET', path)).status).toBe(200);
    }
    const { ann, bob } = await friends(first.url);
    await ann.says(bob, 'Kept?');
    expect((await stat(join(first.dataDir, 'jwt-secret'))).mode & 0o777).toBe(0o600);
    expect((await stat(first.dataDir)).mode & 0o777).toBe(0o700);
    expect(await first.isStopped()).toEqual({ code: 0, signal: null });

    const second = await services.start({ DATA_DIR: first.dataDir });
    const history = await call(second.url, 'GET', `/api/messages/${ann.id}`, { token: bob.token });
    expect(history.body).toMatchObject([{ text: 'Kept?', seq: 1 }]);
  });

  test('is refused in one line on a data folder that another service uses', async () => {
    const first = await services.start();
    const second = await services.refuses({ DATA_DIR: first.dataDir });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.lines).toEqual([
      expect.stringMatching(
        /^The service cannot start: DATA_DIR \(.*\) is in use by another service, process \d+:/,
      ),
    ]);
    await Person.signUp(first.url, 'Still here');
  });

  test('is given up on a signal, and leaves nothing running', async () => {
    const service = services.begin();
    const begun = join(service.dataDir, 'mongod', 'last-run.json');
    while (!(await stat(begun).catch(() => undefined))) await new Promise(setImmediate);
    service.signal('SIGINT');
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout).toBe('');
    expect(service.complaints).toEqual([]);
    expect(await service.hasMongod()).toBe(false);
  });

  test.each([['0.0.0.0', '127.0.0.1'], ['localhost', '127.0.0.1'], ...(hasIpv6() ? [['::', '[::1]']] : [])])(
    'on HOST=%s says a URL that works',
    async (HOST, host) => {
      const service = await services.start({ HOST, MONGODB_URI: services.newDatabase() });
      expect(new URL(service.url).hostname).toBe(host);
      const ann = await Person.signUp(service.url, 'Ann');
      await (await ann.connects()).catchesUp();
      ann.leaves();
      expect(await service.isStopped()).toEqual({ code: 0, signal: null });
    },
  );
});

describe('A start that cannot succeed says why in one line', () => {
  const one = (text: string | RegExp) => ({
    code: 1,
    stdout: '',
    lines: [expect.stringMatching(new RegExp(`^The service cannot start: ${String(text)}`))],
  });

  let unanswered: ServiceProcess;

  beforeAll(() => {
    unanswered = services.begin({ MONGODB_URI: 'mongodb://me:swordfish@127.0.0.1:1/' });
  });

  test('an invalid value, by the name of its variable', async () => {
    expect(await services.refuses({ HISTORY_BARE_LIMIT: '10001' })).toMatchObject(
      one('HISTORY_BARE_LIMIT must be'),
    );
  });

  test('a port that is taken; no database is started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const DATA_DIR = services.newDataDir();
    const refused = await services.refuses({ PORT: String(port), DATA_DIR });
    other.close();
    expect(refused).toMatchObject(one(`PORT ${port} is in use on 127.0.0.1`));
    await expect(stat(join(DATA_DIR, 'mongod'))).rejects.toThrow('ENOENT');
  });

  test('a HOST that is not of this machine', async () => {
    expect(await services.refuses({ HOST: '203.0.113.1' })).toMatchObject(
      one('HOST 203\\.0\\.113\\.1 is no address'),
    );
  });

  test('a DATA_DIR that cannot be written', async () => {
    const file = join(services.folder, 'a file');
    await writeFile(file, '');
    const DATA_DIR = join(file, 'data');
    const JWT_SECRET = 'given';
    expect(await services.refuses({ DATA_DIR })).toMatchObject(one('DATA_DIR \\(.*\\) cannot be used'));
    expect(await services.refuses({ DATA_DIR, JWT_SECRET })).toMatchObject(
      one('DATA_DIR \\(.*\\) cannot be used'),
    );
  });

  test('a .env with a line that sets nothing', async () => {
    const cwd = join(services.folder, 'broken');
    await mkdir(cwd);
    await writeFile(join(cwd, '.env'), 'LOG_LEVEL=warn\nPORT 3000\n');
    expect(await services.isRefused(services.begin({}, { cwd }))).toMatchObject(
      one('.*\\.env cannot be read: line 2 is not a NAME=value$'),
    );
  });

  test('a MONGODB_URI that nobody answers, without its password', async () => {
    expect(await services.isRefused(unanswered)).toMatchObject(
      one('MONGODB_URI cannot be used: connect ECONNREFUSED'),
    );
    expect(unanswered.stderr).not.toContain('swordfish');
  });
});

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));
}
