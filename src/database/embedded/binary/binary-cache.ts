import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify } from '../processes.js';
import { sha256Of } from './checksum.js';

/** A mongod that can be started. */
export interface MongodBinary {
  /** Absolute path of the executable. */
  file: string;
  /** Such as `6.0.5`. */
  version: string;
}

/** A mongod just fetched, inside the work folder it was fetched into. */
export interface FetchedBinary extends MongodBinary {
  /** SHA-256 of the file in hex. */
  sha256: string;
}

const BINARY = 'mongod';
const CHECKSUM = 'mongod.sha256';
const WORK = /^fetching-(\d+)-/;

/**
 * The mongods that were fetched earlier, each in a folder of its own with its checksum beside it. A folder appears
 * whole, by one rename, and its name is never used again; so two services may fetch, or throw out a broken one, at
 * the same time.
 */
export class BinaryCache {
  private readonly entry = new RegExp(`^mongod-(\\d+\\.\\d+\\.\\d+)-${process.platform}-${process.arch}-`);

  /** @param folder made when the first binary is fetched */
  constructor(readonly folder: string) {}

  /**
   * The newest cached mongod whose content still has the checksum it was stored with. Broken ones are removed.
   *
   * @param discarded told the path of each that was removed
   */
  async find(discarded: (path: string) => void = () => undefined): Promise<MongodBinary | undefined> {
    const entries = await readdir(this.folder).catch(() => []);
    for (const name of entries.toSorted((one, other) => other.localeCompare(one, 'en', { numeric: true }))) {
      const version = this.entry.exec(name)?.[1];
      if (!version) continue;
      const path = join(this.folder, name);
      if (await isWhole(path)) return { file: join(path, BINARY), version };
      discarded(path);
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
    return undefined;
  }

  /**
   * Runs `fetch` in a fresh work folder and keeps what it brings, or uses what another service has brought
   * meanwhile. The work folder is gone afterwards, whatever
   * happens; so are those that killed processes have left.
   *
   * @throws what `fetch` throws, or the file system's error
   */
  async add(fetch: (workDir: string) => Promise<FetchedBinary>): Promise<MongodBinary> {
    await mkdir(this.folder, { recursive: true, mode: 0o755 });
    await this.removeAbandoned();
    const workDir = await mkdtemp(join(this.folder, `fetching-${process.pid}-`));
    try {
      const fetched = await fetch(workDir);
      const faster = await this.find();
      if (faster) return faster;
      const parcel = join(workDir, 'parcel');
      await mkdir(parcel);
      await rename(fetched.file, join(parcel, BINARY));
      await writeFile(join(parcel, CHECKSUM), `${fetched.sha256}  ${BINARY}\n`);
      const platform = `${process.platform}-${process.arch}`;
      const path = join(this.folder, `mongod-${fetched.version}-${platform}-${randomUUID().slice(0, 8)}`);
      await rename(parcel, path);
      return { file: join(path, BINARY), version: fetched.version };
    } finally {
      await rm(workDir, { recursive: true, force: true });
    }
  }

  private async removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const pid = Number(WORK.exec(name)?.[1]);
      if (!pid || (await identify(pid))) continue;
      await rm(join(this.folder, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isWhole(path: string): Promise<boolean> {
  try {
    const kept = (await readFile(join(path, CHECKSUM), 'utf8')).split(/\s/)[0];
    return kept === (await sha256Of(join(path, BINARY)));
  } catch {
    return false;
  }
}
