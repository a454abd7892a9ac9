import 'reflect-metadata';
import { mongo } from 'mongoose';
import { messageOf } from './common/message-of.js';
import { loadConfig } from './config/load-config.js';
import { ConfigError } from './config/config-error.js';
import { EmbeddedMongodError } from './database/embedded/embedded-mongod.js';
import { createLogger } from './operations/logger.js';
import { Service } from './service.js';

/** The process ends this long after it was told to at the latest, in milliseconds. */
const LAST_RESORT = 9500;

/** The start: one `Ready` line when the service can really serve, or one line that says why it cannot. */
async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config);
  const service = new Service(config, (line) =>
    config.isProduction ? logger.warn(line) : process.stderr.write(`${line}\n`),
  );
  // From before the database starts, and for good: a second signal must not end the process in the middle.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(service, 0));
  process.on('uncaughtException', (error) => {
    logger.fatal(
      { err: error },
      'The service has failed and ends. Start it again; if that happens again, report this line.',
    );
    end(service, 1);
  });
  await service.start();
}

function end(service: Service, code: number): void {
  setTimeout(() => process.exit(code), LAST_RESORT).unref();
  service.stop().then(() => process.exit(code), fail);
}

function fail(error: unknown): never {
  process.stderr.write(`The service cannot start: ${explain(error)}\n`);
  process.exit(1);
}

/** What the operator can mend in one line; a fault of the service with all that helps to find it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof mongo.MongoError) return `the database refuses: ${messageOf(error)}`;
  const isExpected =
    error instanceof ConfigError || error instanceof EmbeddedMongodError || 'syscall' in error;
  return isExpected ? error.message : (error.stack ?? error.message);
}

main().catch(fail);
