import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mongo } from 'mongoose';
import type { HttpLimits } from '../../src/common/http/http-limits.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createApp } from '../../src/create-app.js';
import { Readiness } from '../../src/operations/readiness.js';

/** The whole application in this process, on a free port and a database of its own. */
export interface RunningApp {
  url: string;
  app: NestFastifyApplication;
  config: AppConfig;
  /** The store, to look behind the application. */
  db: mongo.Db;
  /** Stops the application and leaves its database, for another one that uses it. */
  close(): Promise<void>;
  /** Stops the application and removes its database. */
  stop(): Promise<void>;
}

/** The URI of a database of its own on the mongod that the test run started. */
export function ownDatabase(): string {
  const uri = process.env.TEST_MONGODB_URI;
  if (!uri) throw new Error('TEST_MONGODB_URI is not set: the global setup did not run');
  const url = new URL(uri);
  url.pathname = `/test_${randomBytes(6).toString('hex')}`;
  return url.toString();
}

/**
 * @param settings - variables as an operator would set them
 * @param limits - how long clients may take
 */
export async function startApp(
  settings: Record<string, string> = {},
  limits?: HttpLimits,
): Promise<RunningApp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'r2c-test-'));
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'fatal',
    RATE_LIMITS: 'off',
    PRESENCE_GRACE_MS: '100',
    MONGODB_URI: ownDatabase(),
    DATA_DIR: dataDir,
    ...settings,
  });
  const mongoUri = config.MONGODB_URI as string;
  const app = await createApp(config, mongoUri, limits);
  await app.listen({ port: config.PORT, host: config.host });
  app.get(Readiness).begin();
  const client = await new mongo.MongoClient(mongoUri).connect();
  const close = async () => {
    await app.close();
    await client.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return {
    url: await app.getUrl(),
    app,
    config,
    db: client.db(),
    close,
    stop: async () => {
      await app.close();
      await client.db().dropDatabase();
      await close();
    },
  };
}
