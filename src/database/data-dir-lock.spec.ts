import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockDataDir } from './data-dir-lock.js';
import { identify } from './embedded/processes.js';

describe('the lock of the data folder', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'lock ')), 'data');
  });

  afterEach(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

  it('refuses a second service and names the first', async () => {
    await lockDataDir(dataDir);
    await expect(lockDataDir(dataDir)).rejects.toThrow(
      `DATA_DIR (${dataDir}) is in use by another service, process ${process.pid}: stop it, or give this one another DATA_DIR.`,
    );
  });

  it('is free again once it is released, twice or not', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const lock = await lockDataDir(dataDir);
      await lock.release();
      await lock.release();
    }
    expect(await readdir(join(dataDir, 'lock'))).toEqual(['3']);
  });

  it('does not free the lock of the next when the one before releases late', async () => {
    const first = await lockDataDir(dataDir);
    await first.release();
    await lockDataDir(dataDir);
    await first.release();
    await expect(lockDataDir(dataDir)).rejects.toThrow('is in use');
  });

  it('is taken over from a process that was killed', async () => {
    const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    await once(holder, 'spawn');
    await hold(await identify(holder.pid ?? 0));
    await expect(lockDataDir(dataDir)).rejects.toThrow(`process ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await lockDataDir(dataDir);
  });

  it('is taken over when its number was given to another process', async () => {
    await hold({ pid: process.pid, started: 'earlier' });
    await lockDataDir(dataDir);
    expect(await readFile(join(dataDir, 'lock', '2'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  });

  it('is taken over when what is there is no lock at all', async () => {
    await mkdir(join(dataDir, 'lock'), { recursive: true });
    await writeFile(join(dataDir, 'lock', '1'), '');
    await lockDataDir(dataDir);
  });

  it('goes to exactly one of many who race for a stale one', async () => {
    for (let round = 0; round < 20; round++) {
      await hold({ pid: process.pid, started: 'earlier' });
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataDir(dataDir)));
      const won = tries.filter((one) => one.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0]?.value.release();
    }
  });

  it('is not taken by a starter that looked long ago, when others have come and gone since', async () => {
    const folder = join(dataDir, 'lock');
    await mkdir(folder, { recursive: true });
    // What the slow starter looks at is a pipe: it waits there until it is written to.
    await promisify(execFile)('mkfifo', [join(folder, '1')]);
    const slow = lockDataDir(dataDir);
    const pipe = await open(join(folder, '1'), 'w');
    await rm(join(folder, '1'));
    await hold(await identify(process.pid), 3);
    await pipe.writeFile('free');
    await pipe.close();
    await expect(slow).rejects.toThrow('is in use');
    expect(await readdir(folder)).toEqual(['3']);
  });

  it('never has two holders while many take and give it back', async () => {
    let holders = 0;
    let taken = 0;
    const starter = async (): Promise<void> => {
      while (taken < 60) {
        const lock = await lockDataDir(dataDir).catch(() => undefined);
        if (!lock) continue;
        taken++;
        expect(++holders).toBe(1);
        await readdir(dataDir);
        holders--;
        await lock.release();
      }
    };
    await Promise.all(Array.from({ length: 6 }, starter));
  });

  it('says in one line when the folder cannot be used', async () => {
    await writeFile(dataDir, '');
    await expect(lockDataDir(dataDir)).rejects.toThrow(/^DATA_DIR \(.*\) cannot be used: .*\.$/);
  });

  async function hold(identity: { pid: number; started: string } | undefined, number = 1): Promise<void> {
    await rm(join(dataDir, 'lock'), { recursive: true, force: true });
    await mkdir(join(dataDir, 'lock'), { recursive: true });
    await writeFile(
      join(dataDir, 'lock', String(number)),
      `${identity?.pid} ${encodeURIComponent(identity?.started ?? '')}\n`,
    );
  }
});
