import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts what only this process and its children see, and holds it until its input is closed. */
const HOLD = 'mount -t tmpfs -o "size=$0,mode=0700" none "$1" && echo mounted && exec cat';

const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** A disk of a few megabytes that nobody else uses, for tests to fill. In memory, and gone with the test run. */
export class SmallDisk {
  private constructor(
    private readonly holder: ChildProcess,
    private readonly mountPoint: string,
  ) {}

  /** @returns `undefined` where this process may not mount anything */
  static async mount(megabytes: number): Promise<SmallDisk | undefined> {
    const mountPoint = await mkdtemp(join(tmpdir(), 'r2c-disk-'));
    const own = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
    const holder = spawn('unshare', [...own, 'sh', '-c', HOLD, `${megabytes}m`, mountPoint], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const isMounted = await Promise.race([
      once(holder.stdout, 'data').then(() => true),
      once(holder, 'close').then(() => false),
      once(holder, 'error').then(() => false),
    ]);
    if (isMounted) return new SmallDisk(holder, mountPoint);
    await rmdir(mountPoint);
    return undefined;
  }

  /** The disk as every process of this user reaches it. */
  get path(): string {
    return `/proc/${this.holder.pid}/root${this.mountPoint}`;
  }

  /** Fills it with something else, up to the last byte or so many bytes before. */
  async fill({ leaving = 0 } = {}): Promise<void> {
    const file = await open(this.filler, 'a');
    try {
      for (let chunk = CHUNK; chunk.length >= 1; chunk = chunk.subarray(0, chunk.length / 2)) {
        while (await writes(file, chunk));
      }
      if (leaving > 0) await file.truncate(Math.max(0, (await file.stat()).size - leaving));
    } finally {
      await file.close();
    }
  }

  /** Removes what `fill` has put there. */
  async giveBack(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  async unmount(): Promise<void> {
    const ended = once(this.holder, 'close');
    this.holder.stdin?.end();
    await ended;
    await rmdir(this.mountPoint);
  }

  private get filler(): string {
    return join(this.path, 'filler');
  }
}

async function writes(file: Awaited<ReturnType<typeof open>>, chunk: Buffer): Promise<boolean> {
  try {
    return (await file.write(chunk)).bytesWritten === chunk.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
