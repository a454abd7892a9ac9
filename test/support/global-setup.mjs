import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const built = new URL('../../dist/database/embedded/embedded-mongod.js', import.meta.url);

/**
 * One real MongoDB for all test files, on data that are removed afterwards. `TEST_MONGODB_URI` is its connection
 * string without a database: each test file uses one of its own. Set beforehand, that database is used instead.
 */
export default async function globalSetup() {
  if (process.env.TEST_MONGODB_URI) return;
  if (!existsSync(built)) throw new Error('The tests start the built service: run `npm run build` first.');
  const { startEmbeddedMongod } = await import(built.href);
  const dataDir = await mkdtemp(join(tmpdir(), 'reals2chat-test-'));
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    const mongod = await startEmbeddedMongod({
      dataDir,
      cacheDir: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reals2chat'),
      binary: process.env.MONGOD_BINARY,
      searchPath: process.env.PATH,
      say: (line) => process.stderr.write(`${line}\n`),
      anyDatabase: true,
    });
    process.env.TEST_MONGODB_URI = mongod.uri;
    globalThis.stopTestMongod = () => mongod.stop().then(removeData);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, interrupted);
  } catch (error) {
    await removeData();
    throw error;
  }
}

/** An interrupted run has no teardown. */
function interrupted() {
  void globalThis.stopTestMongod().finally(() => process.exit(130));
}
