import type { AppConfig } from '../config/app-config.js';
import { checkDatabase } from './check-database.js';
import { startEmbeddedMongod } from './embedded/embedded-mongod.js';

/** Where the database is, and how to let go of it. */
export interface Database {
  uri: string;
  stop(): Promise<void>;
}

export interface OpenOptions {
  /** Told what the operator should see, a line at a time. */
  say: (line: string) => void;
  /** Gives the start up: what was begun is ended first. */
  signal: AbortSignal;
}

const HAS_CREDENTIALS = /^mongodb(\+srv)?:\/\/[^/@]+@|[?&]authMechanism=/;

/**
 * The configured database, or where none is, an embedded one in `DATA_DIR`.
 *
 * @throws ConfigError or EmbeddedMongodError in one sentence for the operator; the signal's reason
 */
export async function openDatabase(config: AppConfig, { say, signal }: OpenOptions): Promise<Database> {
  const uri = config.MONGODB_URI;
  if (!uri) {
    return startEmbeddedMongod({
      dataDir: config.DATA_DIR,
      cacheDir: config.CACHE_DIR,
      binary: config.MONGOD_BINARY,
      searchPath: config.PATH,
      say,
      signal,
    });
  }
  await checkDatabase(uri, signal);
  if (config.isProduction && !HAS_CREDENTIALS.test(uri)) {
    say(
      'Warning: MONGODB_URI has no credentials. Whoever reaches this database reads and changes every chat.',
    );
  }
  return { uri, stop: async () => undefined };
}
