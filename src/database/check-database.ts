import { mongo } from 'mongoose';
import { shortReason } from '../common/system-errors.js';
import { within } from '../common/within.js';
import { ConfigError } from '../config/config-error.js';

/** How long the database may take to answer at the start, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Looks whether the operator's database can serve: it answers, lets the service in, and is a replica set or a
 * sharded cluster, since only those have transactions.
 *
 * @throws ConfigError naming `MONGODB_URI`, but not the credentials in it; the signal's reason
 */
export async function checkDatabase(uri: string, signal: AbortSignal): Promise<void> {
  let client: mongo.MongoClient | undefined;
  try {
    client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: PATIENCE, connectTimeoutMS: PATIENCE });
    const hello = await answer(client, signal);
    if (hello.setName === undefined && hello.msg !== 'isdbgrid') {
      throw new Error('it is a standalone mongod; a replica set is needed, one node is enough (--replSet)');
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new ConfigError(`MONGODB_URI cannot be used: ${withoutCredentials(error)}`);
  } finally {
    await client?.close().catch(() => undefined);
  }
}

interface Hello {
  setName?: unknown;
  msg?: unknown;
}

async function answer(client: mongo.MongoClient, signal: AbortSignal): Promise<Hello> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  signal.throwIfAborted();
  const asked = client.db('admin').command({ hello: 1 });
  // Resolving the name of mongodb+srv is not covered by the driver's own limit.
  const isInTime = await within(PATIENCE + 2000, Promise.race([asked, aborted]));
  if (!isInTime) throw new Error(`it does not answer within ${PATIENCE / 1000} s`);
  return asked;
}

function withoutCredentials(error: unknown): string {
  const reason = shortReason(error);
  if (/unescaped characters/.test(reason)) return 'its user name and password must be percent-encoded';
  return reason.split(' ').map(withoutUserInfo).join(' ');
}

/** Up to the last `@`, since a password may hold one. */
function withoutUserInfo(word: string): string {
  const from = word.indexOf('//');
  const at = word.lastIndexOf('@');
  return from < 0 || at < from ? word : `${word.slice(0, from + 2)}${word.slice(at + 1)}`;
}
