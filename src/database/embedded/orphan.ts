import type { DataFolder } from './data-folder.js';
import { EmbeddedMongodError } from './embedded-mongod-error.js';
import { commandLine, endProcess, identify, isRunning, type ProcessIdentity } from './processes.js';

const PATIENCE = 8000;

/**
 * Ends the mongod that a killed service has left behind on this data folder. It is ours only if it is the very
 * process we noted when we started it, or the one mongod has noted in the data and started on that folder.
 *
 * @returns whether there was one
 * @throws EmbeddedMongodError if it cannot be ended
 */
export async function endOrphan(folder: DataFolder, say: (line: string) => void): Promise<boolean> {
  const orphan = (await noted(folder)) ?? (await notedInData(folder));
  if (!orphan) return false;
  say(`Ending the database that an earlier run has left behind (process ${orphan.pid}).`);
  if (await endProcess(orphan, PATIENCE)) return true;
  throw new EmbeddedMongodError(
    `An earlier run has left a mongod on ${folder.data} that cannot be ended: end process ${orphan.pid} yourself.`,
  );
}

async function noted(folder: DataFolder): Promise<ProcessIdentity | undefined> {
  const mongod = (await folder.lastRun())?.mongod;
  return mongod && (await isRunning(mongod)) ? mongod : undefined;
}

async function notedInData(folder: DataFolder): Promise<ProcessIdentity | undefined> {
  const pid = await folder.pidInData();
  if (!pid || !(await commandLine(pid)).includes(`--dbpath ${folder.data} `)) return undefined;
  return await identify(pid);
}
