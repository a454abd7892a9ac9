import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedMongod } from '../dist/database/embedded/embedded-mongod.js';

/**
 * A mongod of its own, on data that are removed afterwards.
 *
 * @param use - is given its connection string, which names no database
 */
export async function withMongod(use) {
  const dataDir = await mkdtemp(join(tmpdir(), 'reals2chat-bench-'));
  const mongod = await startEmbeddedMongod({
    dataDir,
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
    binary: process.env.MONGOD_BINARY,
    searchPath: process.env.PATH,
    say: (line) => console.error(line),
    anyDatabase: true,
  });
  const end = async () => {
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const interrupted = () => void end().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
  try {
    await use(mongod.uri);
  } finally {
    await end();
  }
}

/** The same with a database of this name. */
export function databaseAt(mongoUri, name) {
  const uri = new URL(mongoUri);
  uri.pathname = `/${name}`;
  return uri.toString();
}
