import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import startMongod from '../support/global-setup.mjs';
import stopMongod from '../support/global-teardown.mjs';

/**
 * `npm run test:mutation`: Stryker, with one mongod for all of its runs. Its data are in memory where the system
 * has a folder for that, as nothing of them must last. Arguments are given on, such as `--incremental` or
 * `--mutate src/messages/receipts.ts`.
 */
const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reals2chat-mutation-'));
process.env.TMPDIR = folder;
try {
  await startMongod();
  const stryker = spawn('node_modules/.bin/stryker', ['run', ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stryker.kill(signal));
  const [code] = await once(stryker, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await stopMongod();
  await rm(folder, { recursive: true, force: true });
}
