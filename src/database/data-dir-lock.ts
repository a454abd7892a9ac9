import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../common/make-folder.js';
import { errorCode, shortReason } from '../common/system-errors.js';
import { EmbeddedMongodError } from './embedded/embedded-mongod-error.js';
import { identify, isRunning, type ProcessIdentity } from './embedded/processes.js';

/** The right to be the one service that uses a data folder. */
export interface DataDirLock {
  /** Gives the folder back. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Takes the data folder for this process, and makes it (0700) if it is missing. A lock whose process has ended,
 * killed or its number given to another, is taken over at once.
 *
 * The lock is the file with the highest number in `<dataDir>/lock`, linked there whole. A starter links the next
 * number, which only one can, and then looks whether it is still the highest. The highest file is never removed,
 * only marked as free, so numbers never go back and a slow starter cannot undo what a faster one has done.
 *
 * @throws EmbeddedMongodError naming `DATA_DIR` and the pid that holds it, or why the folder cannot be used
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const folder = join(dataDir, 'lock');
  try {
    makeFolder(folder);
    const me = await identify(process.pid);
    if (!me) throw new Error('this process cannot be identified');
    for (;;) {
      const last = await highest(folder);
      const holder = last === 0 ? undefined : await readHolder(join(folder, String(last)));
      if (holder && (await isRunning(holder))) throw inUse(dataDir, holder.pid);
      const mine = last + 1;
      if (!(await linkWhole(folder, mine, me))) continue;
      if ((await highest(folder)) === mine) {
        await removeLower(folder, mine);
        let released: Promise<void> | undefined;
        return { release: () => (released ??= markFree(folder, mine)) };
      }
      await rm(join(folder, String(mine)), { force: true });
    }
  } catch (error) {
    if (error instanceof EmbeddedMongodError) throw error;
    throw new EmbeddedMongodError(`DATA_DIR (${dataDir}) cannot be used: ${shortReason(error)}.`);
  }
}

function inUse(dataDir: string, pid: number): EmbeddedMongodError {
  return new EmbeddedMongodError(
    `DATA_DIR (${dataDir}) is in use by another service, process ${pid}: stop it, or give this one another DATA_DIR.`,
  );
}

async function numbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => /^\d{1,15}$/.test(name)).map(Number);
}

async function highest(folder: string): Promise<number> {
  return Math.max(0, ...(await numbers(folder)));
}

/** Who holds the lock in `file`; `undefined` if it is free, gone, or not readable as a lock. */
async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [pid, started] = text.trim().split(' ');
  return pid && started && /^\d+$/.test(pid)
    ? { pid: Number(pid), started: decodeURIComponent(started) }
    : undefined;
}

/** False if another starter has this number. */
async function linkWhole(folder: string, number: number, me: ProcessIdentity): Promise<boolean> {
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    await writeFile(draft, `${me.pid} ${encodeURIComponent(me.started)}\n`, { mode: 0o600 });
    await link(draft, join(folder, String(number)));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeLower(folder: string, mine: number): Promise<void> {
  for (const number of await numbers(folder)) {
    if (number < mine) await rm(join(folder, String(number)), { force: true });
  }
}

async function markFree(folder: string, mine: number): Promise<void> {
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    await writeFile(draft, 'free\n', { mode: 0o600 });
    await rename(draft, join(folder, String(mine)));
  } catch {
    // The folder may be gone or full; a lock whose process has ended is as good as free.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
