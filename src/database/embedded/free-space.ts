import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../common/system-errors.js';
import type { DataFolder } from './data-folder.js';

const MB = 1_000_000;

/** What mongod reserves for its journal when the data are new: three files of 100 MiB. */
const JOURNAL = 315 * MB;

/** To write in, beside the journal. Without any left mongod aborts in the middle of its work. */
const ROOM = 85 * MB;

/**
 * What is wrong where the disk of the data has too little space to start on, in words that fit into a sentence;
 * `undefined` where there is enough, or nobody can tell.
 */
export async function shortageOf(folder: DataFolder): Promise<string | undefined> {
  const disk = await diskOf(folder.dataDir);
  // Some network file systems know no size.
  if (!disk || disk.blocks === 0) return undefined;
  const free = disk.bavail * disk.bsize;
  const needed = ROOM + Math.max(0, JOURNAL - (await folder.journalSize()));
  if (free >= needed) return undefined;
  return (
    `DATA_DIR (${folder.dataDir}) has ${megabytes(free)} of free space, and the embedded database needs ` +
    `${megabytes(needed)}: free some, or set DATA_DIR to a folder on a larger disk`
  );
}

/** The disk that holds the folder, or will once it is made. */
async function diskOf(path: string): Promise<StatsFs | undefined> {
  try {
    return await statfs(path);
  } catch (error) {
    const parent = dirname(path);
    return errorCode(error) === 'ENOENT' && parent !== path ? diskOf(parent) : undefined;
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MB)} MB`;
}
