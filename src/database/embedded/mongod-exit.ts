import { open, readFile } from 'node:fs/promises';
import type { DataFolder } from './data-folder.js';
import { shortageOf } from './free-space.js';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** mongod ended on its own. The message says why, in words that fit into a sentence. */
export class MongodExitError extends Error {
  override readonly name = 'MongodExitError';

  constructor(
    readonly exit: Exit,
    reason: string,
  ) {
    super(reason);
  }
}

/** The code mongod ends with when another mongod has the data folder. */
export const FOLDER_IN_USE = 100;
/** The code mongod ends with when its port is taken. */
export const PORT_IN_USE = 48;

const INCOMPATIBLE = 62;
const TAIL = 64 * 1024;

/** Why mongod ended, from its exit code and its log. @param lastVersion the mongod that used the data before */
export async function explainExit(
  exit: Exit,
  folder: DataFolder,
  lastVersion?: string,
): Promise<MongodExitError> {
  return new MongodExitError(exit, await reasonOf(exit, folder, lastVersion));
}

async function reasonOf(exit: Exit, folder: DataFolder, lastVersion?: string): Promise<string> {
  if (exit.code === FOLDER_IN_USE) return `another mongod uses ${folder.data}, or it cannot be written`;
  if (exit.code === PORT_IN_USE) return 'its port was taken by another program';
  if (exit.code === INCOMPATIBLE) {
    return `the data in ${folder.data} were written by another version${lastVersion ? ` (${lastVersion})` : ''}`;
  }
  if (exit.signal === 'SIGILL') return 'the processor lacks AVX, which mongod needs';
  if (exit.signal === 'SIGKILL') return 'it was killed, by a person or for want of memory';
  const log = await tailOf(folder.log);
  const output = await readFile(folder.output, 'utf8').catch(() => '');
  // On a full disk it may not have been able to write that either.
  const shortage = await shortageOf(folder);
  if (shortage) return shortage;
  if (/no space left on device/i.test(log + output)) return `no space left on the disk of ${folder.data}`;
  const detail = lastSevere(log) ?? lastLine(output);
  const ending = exit.signal ?? `code ${exit.code}`;
  return `${ending}${detail ? `: ${detail}` : ''}; its log is ${folder.log}`;
}

async function tailOf(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc(Math.min(size, TAIL)),
        position: Math.max(0, size - TAIL),
      });
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

/** What says nothing to an operator: where in its code mongod was, and titles of texts that are not shown. */
const UNTELLING = /^(BACKTRACE|Frame|Writing fatal message|WiredTiger error message)/;

/** The message of the last line of mongod's JSON log that tells of an error. */
function lastSevere(log: string): string | undefined {
  const messages = log.split('\n').map(severeMessageOf);
  return messages.findLast((message) => message && !UNTELLING.test(message))?.slice(0, 200);
}

function severeMessageOf(line: string): string | undefined {
  try {
    const { s, msg } = JSON.parse(line) as { s?: unknown; msg?: unknown };
    return (s === 'E' || s === 'F') && typeof msg === 'string' ? msg : undefined;
  } catch {
    // The first line of a tail is cut.
    return undefined;
  }
}

function lastLine(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line && !UNTELLING.test(line))?.slice(0, 200);
}
