import type { AppConfig } from '../config/app-config.js';
import { startEmbeddedMongod } from './embedded/embedded-mongod.js';

/** Where the database is, and how to let go of it. */
export interface Database {
  uri: string;
  stop(): Promise<void>;
}

const HAS_CREDENTIALS = /^mongodb(\+srv)?:\/\/[^/@]+@|[?&]authMechanism=/;

/** The configured database, or where none is, an embedded one in `DATA_DIR`. */
export async function openDatabase(config: AppConfig): Promise<Database> {
  const uri = config.MONGODB_URI;
  if (!uri) {
    return startEmbeddedMongod({
      dataDir: config.DATA_DIR,
      cacheDir: config.CACHE_DIR,
      ...(config.MONGOD_BINARY && { binary: config.MONGOD_BINARY }),
      ...(config.PATH && { searchPath: config.PATH }),
      say,
    });
  }
  if (config.isProduction && !HAS_CREDENTIALS.test(uri)) {
    say(
      'Warning: MONGODB_URI has no credentials. Whoever reaches this database reads and changes every chat.',
    );
  }
  return { uri, stop: async () => undefined };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
