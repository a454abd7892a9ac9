import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { findBinary } from '../../src/database/embedded/binary/find-binary.js';
import { freePort } from '../../src/database/embedded/loopback.js';

/** A failure that was ordered. */
export interface Failure {
  /** Resolves when this many commands have failed by it. */
  hasHit(times: number): Promise<void>;
}

/** A real mongod that can be told to fail: a one-node replica set with test commands and no accounts. */
export interface FaultyMongod {
  uri: string;
  /**
   * Lets commands of the service fail (`failCommand`, see `src/mongo/db/commands/fail_command.idl` of MongoDB).
   *
   * @param times - how many commands
   */
  fail(commands: string[], times: number, how: Record<string, unknown>): Promise<Failure>;
  /** Ends all failing. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** The name under which the service talks to its database: nobody else's commands fail. */
const APP_NAME = 'reals2chat';

export async function startFaultyMongod(): Promise<FaultyMongod> {
  const { file } = await findBinary({
    binary: process.env.MONGOD_BINARY,
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
    searchPath: process.env.PATH,
    say: () => undefined,
  });
  const dbpath = await mkdtemp(join(tmpdir(), 'r2c-faulty-'));
  const port = await freePort();
  const options = [
    '--dbpath',
    dbpath,
    '--port',
    String(port),
    '--bind_ip',
    '127.0.0.1',
    '--replSet',
    'faulty',
  ];
  const mongod = spawn(
    file,
    [
      ...options,
      '--nounixsocket',
      '--wiredTigerCacheSizeGB',
      '0.25',
      '--setParameter',
      'enableTestCommands=1',
    ],
    { stdio: 'ignore' },
  );
  const exited = once(mongod, 'exit');
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  const admin = client.db('admin');
  await admin.command({
    replSetInitiate: { _id: 'faulty', members: [{ _id: 0, host: `127.0.0.1:${port}` }] },
  });
  while (!(await admin.command({ hello: 1 })).isWritablePrimary);

  const failPoint = (mode: unknown, data: Record<string, unknown> = {}) =>
    admin.command({ configureFailPoint: 'failCommand', mode, data: { appName: APP_NAME, ...data } });
  return {
    uri: `mongodb://127.0.0.1:${port}/faulty?replicaSet=faulty`,
    fail: async (failCommands, times, how) => {
      // The count goes on from one failure to the next.
      const { count } = await failPoint({ times }, { failCommands, ...how });
      return {
        hasHit: async (hits) => {
          const timesEntered = Number(count) + hits;
          await admin.command({ waitForFailPoint: 'failCommand', timesEntered, maxTimeMS: 15_000 });
        },
      };
    },
    heal: async () => {
      await failPoint('off');
    },
    stop: async () => {
      await client.close();
      mongod.kill('SIGKILL');
      await exited;
      await rm(dbpath, { recursive: true, force: true });
    },
  };
}
