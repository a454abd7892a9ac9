import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { call, dataOf, friends, Person } from '../support/person.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { SmallDisk } from '../support/small-disk.js';

/** Little more than a new database needs. */
const DISK_MB = 420;

// Several starts in one test.
jest.setTimeout(180_000);

const disk = await SmallDisk.mount(DISK_MB);

/** Has mongod write to its data what so far is in its journal only. It does so by itself once a minute. */
async function checkpoint({ dataDir }: ServiceProcess): Promise<void> {
  const text = (name: string) => readFile(join(dataDir, 'mongod', name), 'utf8');
  const { port } = JSON.parse(await text('last-run.json')) as { port: number };
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    auth: { username: '__system', password: await text('key') },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
  });
  try {
    await client.db('admin').command({ fsync: 1 });
  } finally {
    await client.close();
  }
}

function onDisk(full: SmallDisk): void {
  const DATA_DIR = join(full.path, 'data');
  const lines = { code: 1, signal: null, stdout: '', lines: [expect.any(String)] };
  let services: ServiceProcesses;

  beforeAll(async () => {
    services = await ServiceProcesses.inFolder();
  });
  afterEach(() => full.giveBack());
  afterAll(async () => {
    await services.end();
    await full.unmount();
  });

  /** A start that must fail, in one line. */
  async function refused(settings: Record<string, string> = {}): Promise<string> {
    const service = services.begin({ DATA_DIR, ...settings });
    const refusal = await services.isRefused(service);
    expect(refusal).toEqual(lines);
    expect(await service.hasMongod()).toBe(false);
    return String(refusal.lines[0]);
  }

  test('with nothing left a first start is refused in one line, and works once there is space', async () => {
    await full.fill();
    expect(await refused()).toBe(
      `The service cannot start: DATA_DIR (${DATA_DIR}) cannot be used: no space left on the disk: free some.`,
    );
    expect(await refused({ JWT_SECRET: 'one that need not be kept anywhere' })).toBe(
      `The service cannot start: DATA_DIR (${DATA_DIR}) has 0 MB of free space, and the embedded database needs ` +
        '400 MB: free some, or set DATA_DIR to a folder on a larger disk.',
    );
    await full.giveBack();
    await full.fill({ leaving: 300_500_000 });
    expect(await refused()).toContain('has 300 MB of free space, and the embedded database needs 400 MB: ');

    await full.giveBack();
    const service = await services.start({ DATA_DIR });
    await Person.signUp(service.url, 'Ann');
    expect(await service.isStopped()).toEqual({ code: 0, signal: null });
  });

  test('with little left a later start is refused in one line, and has its data once there is space', async () => {
    const before = await services.start({ DATA_DIR });
    const { ann, bob } = await friends(before.url);
    await ann.says(bob, 'Kept?');
    expect(await before.isStopped()).toEqual({ code: 0, signal: null });

    await full.fill({ leaving: 20_500_000 });
    expect(await refused()).toMatch(
      / has 20 MB of free space, and the embedded database needs \d+ MB: free /,
    );
    await full.giveBack();
    const after = await services.start({ DATA_DIR });
    const history = await call(after.url, 'GET', `/api/messages/${ann.id}`, { token: bob.token });
    expect(history.body).toMatchObject([{ text: 'Kept?', seq: 1 }]);
    expect(await after.isStopped()).toEqual({ code: 0, signal: null });
  });

  test('that fills up while the service runs is told in one line; nothing acknowledged is lost, and it goes on by itself', async () => {
    const service = await services.start({ DATA_DIR, LOG_LEVEL: 'fatal' });
    const { ann, bob } = await friends(service.url);
    const device = await ann.connects();
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const send = (clientMessageId: string) => ann.posts(bob, 'x'.repeat(5000), clientMessageId);

    await full.fill();
    const first = await Promise.all(keys.slice(0, 5).map(send));
    await expect(checkpoint(service)).rejects.toThrow();
    const rest = await Promise.all(keys.slice(5).map(send));
    const refusal = await device.asks('sendMessage', { recipientId: bob.id, text: 'Over the socket' });
    for (const { status, body } of rest) {
      expect([status, body.code]).toEqual([503, expect.stringMatching(/^(unavailable|outcome_unknown)$/)]);
    }
    expect(refusal).toMatchObject({
      success: false,
      code: expect.stringMatching(/unavailable|outcome_unknown/),
    });
    expect((await call(service.url, 'GET', '/health/ready')).status).toBe(503);
    expect((await call(service.url, 'GET', '/health/live')).status).toBe(200);
    await service.says(/The database has stopped/);

    await full.giveBack();
    await service.says(/The database runs again\./);
    while ((await call(service.url, 'GET', '/health/ready')).status !== 200);
    const history = await ann.reads(bob);
    const acknowledged = first.flatMap(({ status, body }) => (status === 201 ? [body] : []));
    expect(history).toEqual(expect.arrayContaining(acknowledged));
    for (const key of keys) expect((await send(key)).status).toBeLessThan(300);
    dataOf(await device.asks('sendMessage', { recipientId: bob.id, text: 'Over the socket' }));
    const kept = (await ann.reads(bob)).flatMap(({ clientMessageId = [] }) => clientMessageId);
    expect(kept.toSorted()).toEqual(keys.toSorted());
    expect(service.complaints).toEqual([
      expect.stringMatching(
        /^The database has stopped \(DATA_DIR \(.*\) has 0 MB of free space, .* free some, .*\)\. Starting it again\.$/,
      ),
      'The database runs again.',
    ]);
    ann.leaves();
    expect(await service.isStopped()).toEqual({ code: 0, signal: null });
    expect(await service.hasMongod()).toBe(false);
  });
}

if (disk) {
  describe('A disk', () => {
    onDisk(disk);
  });
} else {
  test('not run: nothing can be mounted here', () => {
    process.stderr.write('Full disk: not run, nothing can be mounted here\n');
  });
}
