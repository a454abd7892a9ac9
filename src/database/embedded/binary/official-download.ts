import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FetchedBinary } from './binary-cache.js';
import { writeExecutable } from './checksum.js';
import { runFetch, type FetchCommand } from './fetch-command.js';
import { usableVersion } from './mongod-version.js';

/** Built for Debian 11 and 12, Ubuntu 20.04 and 22.04, RHEL 8 and 9, and macOS on both processors. */
export const OFFICIAL_VERSION = '7.0.14';

/** Where it comes from, unless `MONGOMS_DOWNLOAD_MIRROR` says otherwise. */
export const OFFICIAL_HOST = 'fastdl.mongodb.org';

// The library prints progress and warnings on the console and cannot be stopped, so it runs in a process of its own.
const SCRIPT = `
const { MongoBinary } = require(process.argv[1]);
MongoBinary.getPath({ version: process.argv[2], downloadDir: process.argv[3] }).then(
  (file) => process.stdout.write('\\n' + JSON.stringify({ file })),
  (error) => { process.stderr.write('\\n' + error.message.replace(/\\s+/g, ' ')); process.exitCode = 1; },
);`;

/**
 * Fetches MongoDB's own build for this machine; the library compares it with MongoDB's MD5.
 *
 * @throws Error with a short reason
 */
export async function fetchOfficial(
  fetching: Pick<FetchCommand, 'workDir' | 'signal' | 'progress'>,
): Promise<FetchedBinary> {
  const library = createRequire(import.meta.url).resolve('mongodb-memory-server-core');
  const output = await runFetch({
    ...fetching,
    program: process.execPath,
    args: ['-e', SCRIPT, library, OFFICIAL_VERSION, join(fetching.workDir, 'official')],
    env: { MONGOMS_MAX_RETRIES: '2' },
    stallAfter: 20_000,
  });
  const found = fileIn(output);
  const version = await usableVersion(found);
  const file = join(fetching.workDir, 'mongod');
  return { file, version, sha256: await writeExecutable(createReadStream(found), file) };
}

function fileIn(output: string): string {
  const answer: unknown = JSON.parse(output.split('\n').at(-1) ?? '');
  if (typeof answer === 'object' && answer !== null && 'file' in answer && typeof answer.file === 'string') {
    return answer.file;
  }
  throw new Error('no file came of it');
}
