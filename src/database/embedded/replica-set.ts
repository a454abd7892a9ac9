import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { shortReason } from '../../common/system-errors.js';
import { LOOPBACK } from './loopback.js';
import { REPLICA_SET } from './mongod-options.js';

/** The service's own account in the embedded database. */
export interface DatabaseUser {
  name: string;
  password: string;
  /** What it may do, as MongoDB roles. */
  roles: { role: string; db: string }[];
}

const PRIMARY_WITHIN = 90_000;
const LOOK_EVERY = 20;
const USER_NOT_FOUND = 11;

/**
 * Makes a mongod that listens into the primary of a one-node replica set, with the service's account on it. Safe to
 * repeat, and needed when the port is another than last time: the set knows its member by the port.
 *
 * @param key the content of its key file: what the built-in `__system` signs in with
 * @throws Error if it is not primary within 90 s, or the signal's reason
 */
export async function configureReplicaSet(
  port: number,
  key: string,
  user: DatabaseUser,
  signal?: AbortSignal,
): Promise<void> {
  const client = new mongo.MongoClient(`mongodb://${LOOPBACK}:${port}/`, {
    auth: { username: '__system', password: key },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
    directConnection: true,
    maxPoolSize: 1,
    serverSelectionTimeoutMS: 20_000,
  });
  try {
    const admin = client.db('admin');
    await becomePrimary(admin, `${LOOPBACK}:${port}`, signal);
    await keepUser(admin, user);
  } finally {
    await client.close();
  }
}

async function becomePrimary(admin: mongo.Db, host: string, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + PRIMARY_WITHIN;
  let failure: unknown;
  while (!(await admin.command({ hello: 1 }))['isWritablePrimary']) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      const because = failure ? `: ${shortReason(failure)}` : '';
      throw new Error(`its replica set has no primary after ${PRIMARY_WITHIN / 1000} s${because}`);
    }
    try {
      await correctConfig(admin, host);
    } catch (error) {
      // Refused while mongod still reads its own configuration; the next look decides.
      failure = error;
    }
    await delay(LOOK_EVERY);
  }
}

interface Member {
  _id: number;
  host: string;
}

async function correctConfig(admin: mongo.Db, host: string): Promise<void> {
  const config = await currentConfig(admin);
  if (!config) {
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } });
  } else if (config.members[0]?.host !== host) {
    const members = [{ ...config.members[0], host }];
    await admin.command({
      replSetReconfig: { ...config, version: config.version + 1, members },
      force: true,
    });
  }
}

async function currentConfig(admin: mongo.Db): Promise<{ version: number; members: Member[] } | undefined> {
  try {
    const answer = await admin.command({ replSetGetConfig: 1 });
    return answer['config'] as { version: number; members: Member[] };
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.codeName === 'NotYetInitialized') return undefined;
    throw error;
  }
}

async function keepUser(admin: mongo.Db, { name, password, roles }: DatabaseUser): Promise<void> {
  const account = { pwd: password, roles, mechanisms: ['SCRAM-SHA-256'] };
  try {
    await admin.command({ updateUser: name, ...account });
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || error.code !== USER_NOT_FOUND) throw error;
    await admin.command({ createUser: name, ...account });
  }
}
