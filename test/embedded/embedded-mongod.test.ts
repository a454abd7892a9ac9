import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import {
  type EmbeddedMongod,
  EmbeddedMongodError,
  startEmbeddedMongod,
} from '../../src/database/embedded/embedded-mongod.js';
import { endProcess, identify, isRunning } from '../../src/database/embedded/processes.js';
import { Service, type Settings } from './service.js';

const DATABASE = 'reals2chat';

describe('the embedded database', () => {
  let dataDir: string;
  let settings: Settings;
  let said: string[];
  let heard: (line: string) => void;
  const running: { stop(): Promise<unknown> }[] = [];

  beforeEach(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'embedded mongod ')), 'data of ann & bob');
    settings = {
      dataDir,
      cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
      binary: process.env.MONGOD_BINARY,
      searchPath: process.env.PATH,
    };
    said = [];
    heard = () => undefined;
  });

  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
    await rm(join(dataDir, '..'), { recursive: true, force: true });
  });

  async function start(): Promise<EmbeddedMongod> {
    const say = (line: string): void => {
      said.push(line);
      heard(line);
    };
    const mongod = await startEmbeddedMongod({ ...settings, say });
    running.push(mongod);
    return mongod;
  }

  function hears(part: string): Promise<string> {
    return new Promise((resolve) => (heard = (line) => line.includes(part) && resolve(line)));
  }

  async function service(): Promise<Service> {
    const started = await Service.start(settings);
    running.push(started);
    return started;
  }

  async function on<T>(uri: string, work: (client: mongo.MongoClient) => Promise<T>): Promise<T> {
    const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 20_000 });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  const write = (uri: string, text: string): Promise<unknown> =>
    on(uri, (client) =>
      client
        .db()
        .collection('notes')
        .insertOne({ text }, { writeConcern: { w: 'majority', journal: true } }),
    );

  const texts = (uri: string): Promise<unknown[]> =>
    on(uri, async (client) =>
      (await client.db().collection('notes').find().toArray()).map((row) => row['text']),
    );

  const portOf = (uri: string): number => Number(new URL(uri).port);

  it('has transactions, indexes and validators for the service, in its own database only', async () => {
    const { uri } = await start();
    expect(new URL(uri).pathname).toBe(`/${DATABASE}`);
    await on(uri, async (client) => {
      const notes = client.db().collection('notes');
      await client.withSession((session) =>
        session.withTransaction(async () => {
          await notes.insertOne({ text: 'one' }, { session });
          await notes.updateOne({ text: 'one' }, { $set: { text: 'two' } }, { session });
        }),
      );
      await notes.createIndex({ text: 1 }, { unique: true });
      await client.db().command({ collMod: 'notes', validationLevel: 'moderate' });
      expect(await notes.findOne({ text: 'two' }, { readConcern: { level: 'majority' } })).not.toBeNull();
      await expect(client.db('other').collection('notes').insertOne({})).rejects.toThrow('not authorized');
      await expect(client.db('admin').command({ usersInfo: 1 })).rejects.toThrow('not authorized');
    });
  });

  it('lets nobody in without the password, not even to make the first account', async () => {
    const { uri } = await start();
    const bare = `mongodb://127.0.0.1:${portOf(uri)}/?directConnection=true`;
    const refused = 'requires authentication';
    await on(bare, async (client) => {
      await expect(client.db('admin').command({ listDatabases: 1 })).rejects.toThrow(refused);
      const first = { createUser: 'mallory', pwd: 'secret', roles: ['root'] };
      await expect(client.db('admin').command(first)).rejects.toThrow(refused);
      await expect(client.db(DATABASE).collection('notes').findOne()).rejects.toThrow(refused);
    });
    const wrong = uri.replace(/:[0-9a-f]{96}@/, `:${'0'.repeat(96)}@`);
    await expect(on(wrong, (client) => client.connect())).rejects.toThrow('Authentication failed');
  });

  it('keeps its secrets and its data from other users, and off the command line', async () => {
    const { uri, pid } = await start();
    const mode = async (...path: string[]): Promise<number> =>
      (await stat(join(dataDir, 'mongod', ...path))).mode & 0o777;
    expect(await mode('key')).toBe(0o600);
    expect(await mode('password')).toBe(0o600);
    expect(await mode()).toBe(0o700);
    expect(await mode('data')).toBe(0o700);
    const key = await readFile(join(dataDir, 'mongod', 'key'), 'utf8');
    const line = process.platform === 'linux' ? await readFile(`/proc/${pid}/cmdline`, 'utf8') : '';
    expect(line).not.toContain(key);
    expect(line).not.toContain(new URL(uri).password);
  });

  it('keeps data, account and port from one run to the next, and closes a secret that was opened', async () => {
    const first = await start();
    await write(first.uri, 'kept');
    const before = await identify(first.pid);
    await first.stop();
    await first.stop();
    expect(before && (await isRunning(before))).toBe(false);
    await chmod(join(dataDir, 'mongod', 'key'), 0o644);
    const second = await start();
    expect(second.uri).toBe(first.uri);
    expect(await texts(second.uri)).toEqual(['kept']);
  });

  it('makes new secrets when they are lost', async () => {
    const first = await start();
    await write(first.uri, 'kept');
    await first.stop();
    for (const name of ['key', 'password', 'last-run.json']) await rm(join(dataDir, 'mongod', name));
    const second = await start();
    expect(new URL(second.uri).password).not.toBe(new URL(first.uri).password);
    expect(await texts(second.uri)).toEqual(['kept']);
  });

  it('moves to another port when the old one is taken', async () => {
    const first = await start();
    await write(first.uri, 'kept');
    await first.stop();
    const other = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(portOf(first.uri), '127.0.0.1', resolve));
    try {
      const second = await start();
      expect(portOf(second.uri)).not.toBe(portOf(first.uri));
      expect(await texts(second.uri)).toEqual(['kept']);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('is refused to a second service, until the first has stopped', async () => {
    const first = await start();
    const second = start();
    await expect(second).rejects.toThrow(EmbeddedMongodError);
    await expect(second).rejects.toThrow(
      `DATA_DIR (${dataDir}) is in use by another service, process ${process.pid}`,
    );
    await write(first.uri, 'still here');
    await first.stop();
    expect(await texts((await start()).uri)).toEqual(['still here']);
  });

  it('ends what a killed service has left, and has all that was acknowledged', async () => {
    const killed = await service();
    await write(killed.uri, 'acknowledged');
    const orphan = await identify(killed.mongod);
    await killed.kill();
    expect(orphan && (await isRunning(orphan))).toBe(true);
    const next = await start();
    expect(said).toContain(
      `Ending the database that an earlier run has left behind (process ${killed.mongod}).`,
    );
    expect(orphan && (await isRunning(orphan))).toBe(false);
    expect(await texts(next.uri)).toEqual(['acknowledged']);
  });

  it('is started by exactly one of several services that find it after a kill', async () => {
    const killed = await service();
    await write(killed.uri, 'acknowledged');
    await killed.kill();
    const racers = await Promise.allSettled(Array.from({ length: 4 }, service));
    const won = racers.flatMap((racer) => (racer.status === 'fulfilled' ? [racer.value] : []));
    expect(won).toHaveLength(1);
    expect(await texts(won[0]?.uri ?? '')).toEqual(['acknowledged']);
  });

  it('recovers when service and database were both killed', async () => {
    const killed = await service();
    await write(killed.uri, 'acknowledged');
    await killed.kill();
    const orphan = await identify(killed.mongod);
    process.kill(killed.mongod, 'SIGKILL');
    expect(orphan && (await endProcess(orphan, 1000))).toBe(true);
    expect(await texts((await start()).uri)).toEqual(['acknowledged']);
  });

  it('starts again by itself when it was killed, and the driver finds it', async () => {
    const mongod = await start();
    await on(mongod.uri, async (client) => {
      const notes = client.db().collection('notes');
      await notes.insertOne({ text: 'before' }, { writeConcern: { w: 'majority', journal: true } });
      const killed = mongod.pid;
      const back = hears('runs again');
      process.kill(killed, 'SIGKILL');
      await back;
      expect(said[0]).toMatch(/^The database has stopped \(it was killed.*\)\. Starting it again\.$/);
      expect(mongod.pid).not.toBe(killed);
      await notes.insertOne({ text: 'after' });
      expect(await notes.countDocuments()).toBe(2);
    });
    await mongod.stop();
    expect(said).toHaveLength(2);
  });

  it('can be stopped while it starts again', async () => {
    const mongod = await start();
    const down = hears('has stopped');
    process.kill(mongod.pid, 'SIGKILL');
    await down;
    await mongod.stop();
    expect(await identify(mongod.pid)).toBeUndefined();
    await (await start()).stop();
  });

  it('is not reached by the Ctrl-C that the service hears, stops with the service, and lets it end', async () => {
    const one = await service();
    const mongod = await identify(one.mongod);
    await one.ctrlC();
    await write(one.uri, 'after Ctrl-C');
    expect(mongod && (await isRunning(mongod))).toBe(true);
    expect(await one.stop()).toBe(0);
    expect(mongod && (await isRunning(mongod))).toBe(false);
  });

  it('gives a start up, and leaves nothing running', async () => {
    const stop = new AbortController();
    settings = { ...settings, signal: stop.signal };
    const starting = start();
    const failed = starting.catch((error: unknown) => error);
    stop.abort();
    expect(await failed).toBe(stop.signal.reason);
    settings = { ...settings, signal: undefined };
    await start();
    expect(said).toEqual([]);
  });

  it('says in one line why it does not start, and gives the folder back', async () => {
    const binary = settings.binary;
    settings = { ...settings, binary: process.execPath };
    await expect(start()).rejects.toThrow(/^MONGOD_BINARY \(.*\) cannot be used: .*\.$/);
    settings = { ...settings, binary };
    await start();
  });

  it('is there for any database where tests ask for it', async () => {
    settings = { ...settings, anyDatabase: true };
    const { uri } = await start();
    const url = new URL(uri);
    expect(url.pathname).toBe('/');
    url.pathname = '/another';
    await write(url.toString(), 'here');
    await on(url.toString(), (client) => client.db().dropDatabase());
  });
});
