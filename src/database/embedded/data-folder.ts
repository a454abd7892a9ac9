import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '../../common/system-errors.js';
import type { ProcessIdentity } from './processes.js';

/** What is remembered from one start to the next. */
export interface LastRun {
  /** The port mongod listened on, which its replica set is configured for. */
  port: number;
  /** The mongod that wrote the data last, such as `6.0.5`. */
  version: string;
  /** The process; it may have ended long ago. */
  mongod?: ProcessIdentity;
}

/** What `stat` counts in, in bytes: a file may be reserved without being written, or the other way round. */
const BLOCK = 512;

const SECRET = /^[0-9a-f]{96}$/;

/** The embedded database's files below `DATA_DIR`, readable by their owner only. */
export class DataFolder {
  /** `DATA_DIR`, absolute. */
  readonly dataDir: string;
  readonly root: string;
  /** mongod's own files (`--dbpath`). */
  readonly data: string;
  /** What members of a replica set prove themselves with, and the password of the built-in `__system`. */
  readonly keyFile: string;
  readonly log: string;
  /** What mongod prints before it has opened its log. */
  readonly output: string;
  private readonly passwordFile: string;
  private readonly lastRunFile: string;

  constructor(dataDir: string) {
    this.dataDir = resolve(dataDir);
    this.root = join(this.dataDir, 'mongod');
    this.data = join(this.root, 'data');
    this.keyFile = join(this.root, 'key');
    this.passwordFile = join(this.root, 'password');
    this.lastRunFile = join(this.root, 'last-run.json');
    this.log = join(this.root, 'mongod.log');
    this.output = join(this.root, 'mongod.out');
  }

  /** Makes what is missing and closes it to others. @throws the file system's error */
  async prepare(): Promise<void> {
    for (const folder of [this.root, this.data]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
    }
  }

  /** The replica set's key, made at the first call and again if the file is damaged: nothing stored depends on it. */
  key(): Promise<string> {
    return this.secret(this.keyFile);
  }

  /** The password of the service's database user, kept as the key is. */
  password(): Promise<string> {
    return this.secret(this.passwordFile);
  }

  /** `undefined` before the first run, or if the note is not readable as one. */
  async lastRun(): Promise<LastRun | undefined> {
    try {
      const note: unknown = JSON.parse(await readFile(this.lastRunFile, 'utf8'));
      return isLastRun(note) ? note : undefined;
    } catch {
      return undefined;
    }
  }

  /** @throws the file system's error */
  async remember(run: LastRun): Promise<void> {
    await this.replace(this.lastRunFile, `${JSON.stringify(run)}\n`);
  }

  /** The pid that mongod itself left in its data, which it empties when it stops in good order. */
  async pidInData(): Promise<number | undefined> {
    const text = await readFile(join(this.data, 'mongod.lock'), 'utf8').catch(() => '');
    return /^\d+\s*$/.test(text) ? Number(text) : undefined;
  }

  /** What mongod's journal takes of the disk already, in bytes. */
  async journalSize(): Promise<number> {
    const journal = join(this.data, 'journal');
    const names = await readdir(journal).catch(() => []);
    const files = await Promise.all(names.map((name) => stat(join(journal, name)).catch(() => undefined)));
    return files.reduce((size, file) => size + (file?.blocks ?? 0) * BLOCK, 0);
  }

  /**
   * Moves the log aside, over the one moved before, so that there are never more than two.
   *
   * @param above only if it is larger than this, in bytes
   * @returns whether it was moved
   */
  async turnLog(above = 0): Promise<boolean> {
    const size = (await stat(this.log).catch(() => undefined))?.size ?? 0;
    if (size <= above) return false;
    await rename(this.log, `${this.log}.1`);
    return true;
  }

  private async secret(file: string): Promise<string> {
    const kept = await readFile(file, 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return '';
      throw error;
    });
    if (SECRET.test(kept)) {
      await chmod(file, 0o600);
      return kept;
    }
    const made = randomBytes(48).toString('hex');
    await this.replace(file, made);
    return made;
  }

  private async replace(file: string, content: string): Promise<void> {
    const draft = join(this.root, `draft-${randomUUID()}`);
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

function isLastRun(note: unknown): note is LastRun {
  if (typeof note !== 'object' || note === null) return false;
  const { port, version, mongod } = note as Partial<Record<keyof LastRun, unknown>>;
  return (
    Number.isInteger(port) && typeof version === 'string' && (mongod === undefined || isIdentity(mongod))
  );
}

function isIdentity(note: unknown): note is ProcessIdentity {
  if (typeof note !== 'object' || note === null) return false;
  const { pid, started } = note as Partial<Record<keyof ProcessIdentity, unknown>>;
  return Number.isInteger(pid) && typeof started === 'string';
}
