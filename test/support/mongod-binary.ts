import { homedir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../src/database/embedded/binary/find-binary.js';

/** The mongod that the test run uses: `MONGOD_BINARY`, or the one that the global setup has found or fetched. */
export async function mongodBinary(): Promise<string> {
  const { file } = await findBinary({
    binary: process.env.MONGOD_BINARY,
    cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
    searchPath: process.env.PATH,
    say: () => undefined,
  });
  return file;
}
