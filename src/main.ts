import 'reflect-metadata';
import { Service } from './service.js';
import { ConfigError, loadConfig } from './config/load-config.js';
import { EmbeddedMongodError } from './database/embedded/embedded-mongod.js';

/** The start: one `Ready` line when the service can really serve, or one line that says why it cannot. */
async function main(): Promise<void> {
  const service = new Service(loadConfig());
  const stop = (): void => void service.stop().then(() => process.exit(0), fail);
  process.once('SIGTERM', stop).once('SIGINT', stop);
  await service.start();
}

function fail(error: unknown): never {
  const isExpected =
    error instanceof ConfigError || error instanceof EmbeddedMongodError || isSystemError(error);
  const text = error instanceof Error ? (!isExpected && error.stack) || error.message : String(error);
  process.stderr.write(`The service cannot start: ${text}\n`);
  process.exit(1);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

main().catch(fail);
