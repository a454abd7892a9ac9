import { shortReason } from '../../common/system-errors.js';
import { lockDataDir } from '../data-dir-lock.js';
import { findBinary } from './binary/find-binary.js';
import { DataFolder } from './data-folder.js';
import { EmbeddedMongodError } from './embedded-mongod-error.js';
import { shortageOf } from './free-space.js';
import { Launcher } from './launcher.js';
import { LOOPBACK } from './loopback.js';
import type { MongodProcess } from './mongod-process.js';
import { REPLICA_SET } from './mongod-options.js';
import { endOrphan } from './orphan.js';
import { configureReplicaSet, type DatabaseUser } from './replica-set.js';
import { Supervisor } from './supervisor.js';

export { EmbeddedMongodError } from './embedded-mongod-error.js';

/** What the embedded database needs to know. */
export interface EmbeddedMongodOptions {
  /** `DATA_DIR`, made if missing: one service at a time. The database and its secrets are in `mongod` below it. */
  dataDir: string;
  /** `MONGOD_BINARY`: this mongod or none. Empty: the first found on the search path, in the cache, or fetched. */
  binary?: string | undefined;
  /** Where a fetched mongod is kept; may be shared by services. */
  cacheDir: string;
  /** The `PATH` to look for `mongod` in; empty: it is not looked for. */
  searchPath?: string | undefined;
  /** Told what the operator should see, a line at a time: downloads, recoveries, a database that stops. */
  say: (line: string) => void;
  /** The database the URI names and the service may use. */
  databaseName?: string | undefined;
  /** For tests: the URI names no database, and all may be used. */
  anyDatabase?: boolean | undefined;
  /** Gives the start up: what was begun is ended first. */
  signal?: AbortSignal | undefined;
}

/** A running embedded database. */
export interface EmbeddedMongod {
  /** A connection string with the service's own account, good for as long as the service runs. Secret. */
  readonly uri: string;
  /** mongod's process of the moment: another one after it had to be started again. */
  readonly pid: number;
  /** Ends mongod in good order, by force after 3 s, and gives the folder back. Safe to call twice. */
  stop(): Promise<void>;
}

const ACCOUNT = 'service';

/**
 * Starts a real mongod for this service alone: a one-node replica set on the loopback address, with authentication
 * and its data below `DATA_DIR`. It is started again if it ends by itself, on the same port.
 *
 * @throws EmbeddedMongodError in one sentence for the operator: the folder is used by another service or cannot be
 *   written, its disk is full, no mongod can be found or fetched, mongod does not start; the signal's reason if
 *   that is why
 */
export async function startEmbeddedMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const folder = new DataFolder(options.dataDir);
  await requireSpace(folder);
  const lock = await lockDataDir(folder.dataDir);
  try {
    const running = await start(folder, options);
    let stopped: Promise<void> | undefined;
    return {
      uri: running.uri,
      get pid() {
        return running.supervisor.pid;
      },
      stop: () => (stopped ??= running.supervisor.stop().finally(() => lock.release())),
    };
  } catch (error) {
    await lock.release();
    if (error instanceof EmbeddedMongodError || options.signal?.aborted) throw error;
    throw new EmbeddedMongodError(
      `The embedded database in DATA_DIR (${folder.dataDir}) does not start: ${shortReason(error)}.`,
    );
  }
}

async function requireSpace(folder: DataFolder): Promise<void> {
  const shortage = await shortageOf(folder);
  if (shortage) throw new EmbeddedMongodError(`${shortage}.`);
}

async function start(
  folder: DataFolder,
  options: EmbeddedMongodOptions,
): Promise<{ uri: string; supervisor: Supervisor }> {
  const { say } = options;
  await folder.prepare();
  await endOrphan(folder, say);
  const launcher = new Launcher(await findBinary(options), folder, say);
  const user = await account(folder, options);
  const mongod = await bringUp(launcher, await folder.key(), user, options);
  const supervisor = new Supervisor(mongod, {
    start: (started, stopping) => launcher.relaunch(mongod.port, started, stopping),
    explain: (ended) => launcher.explain(ended),
    turnLog: () => folder.turnLog(LARGEST_LOG),
    say,
  });
  return { uri: uriOf(mongod.port, user, options), supervisor };
}

/** After a hard stop mongod repairs its data; on a new port it may ask a stranger on the old one, for up to 30 s. */
const TELL_AFTER = 10_000;

async function bringUp(
  launcher: Launcher,
  key: string,
  user: DatabaseUser,
  { say, signal }: EmbeddedMongodOptions,
): Promise<MongodProcess> {
  const slow = setTimeout(() => say('The database is still starting.'), TELL_AFTER);
  try {
    const mongod = await launcher.launch(signal);
    try {
      await Promise.race([configureReplicaSet(mongod.port, key, user, signal), launcher.failure(mongod)]);
      return mongod;
    } catch (error) {
      await mongod.stop();
      throw error;
    }
  } finally {
    clearTimeout(slow);
  }
}

/** In bytes; there is one older log beside it. */
const LARGEST_LOG = 10_000_000;

async function account(folder: DataFolder, options: EmbeddedMongodOptions): Promise<DatabaseUser> {
  const roles = options.anyDatabase
    ? ['readWriteAnyDatabase', 'dbAdminAnyDatabase'].map((role) => ({ role, db: 'admin' }))
    : ['readWrite', 'dbAdmin'].map((role) => ({ role, db: databaseName(options) }));
  return { name: ACCOUNT, password: await folder.password(), roles };
}

function databaseName(options: EmbeddedMongodOptions): string {
  return options.databaseName ?? 'reals2chat';
}

function uriOf(port: number, user: DatabaseUser, options: EmbeddedMongodOptions): string {
  const query = new URLSearchParams({
    authSource: 'admin',
    authMechanism: 'SCRAM-SHA-256',
    replicaSet: REPLICA_SET,
    directConnection: 'false',
  });
  const path = options.anyDatabase ? '' : databaseName(options);
  return `mongodb://${user.name}:${user.password}@${LOOPBACK}:${port}/${path}?${query.toString()}`;
}
