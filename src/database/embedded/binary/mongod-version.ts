import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode, shortReason } from '../../../common/system-errors.js';

const run = promisify(execFile);

/** The oldest major version of mongod that the service works on. */
export const OLDEST_MAJOR = 6;

/**
 * The version of the mongod at `file`, such as `6.0.5`, by running it.
 *
 * @throws Error in a few words that fit behind the file's name: not there, not executable, does not run, too old
 */
export async function usableVersion(file: string): Promise<string> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) throw new Error('is not a file');
  await access(file, constants.X_OK).catch(() => {
    throw new Error('is not executable');
  });
  const version = await askVersion(file);
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new Error(`is version ${version}, and ${OLDEST_MAJOR}.0 or later is needed`);
  }
  return version;
}

async function askVersion(file: string): Promise<string> {
  let answer: string;
  try {
    answer = (await run(file, ['--version'], { timeout: 20_000 })).stdout;
  } catch (error) {
    throw new Error(`does not run on this machine (${whyNot(error)})`, { cause: error });
  }
  const [, version] = /db version v(\d+\.\d+\.\d+)/.exec(answer) ?? [];
  if (!version) throw new Error('does not answer --version as mongod does');
  return version;
}

function whyNot(error: unknown): string {
  const { signal, stderr } = (error ?? {}) as { signal?: unknown; stderr?: unknown };
  if (signal === 'SIGILL') return 'the processor lacks AVX, which mongod needs';
  return typeof stderr === 'string' && stderr.trim()
    ? shortReason(stderr)
    : (errorCode(error) ?? shortReason(error));
}
