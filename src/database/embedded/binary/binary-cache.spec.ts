import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BinaryCache, type FetchedBinary } from './binary-cache.js';
import { writeExecutable } from './checksum.js';

describe('the cache of fetched mongods', () => {
  let folder: string;
  let cache: BinaryCache;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cache '));
    cache = new BinaryCache(folder);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const bring =
    (content: string) =>
    async (workDir: string): Promise<FetchedBinary> => {
      const file = join(workDir, 'got');
      return {
        file,
        version: '6.0.5',
        sha256: await writeExecutable(Readable.from([Buffer.from(content)]), file),
      };
    };

  it('gives back what was put in, and is empty before', async () => {
    expect(await cache.find()).toBeUndefined();
    const added = await cache.add(bring('content'));
    expect(await cache.find()).toEqual(added);
    expect(await readFile(added.file, 'utf8')).toBe('content');
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('throws out one whose content has changed', async () => {
    const { file } = await cache.add(bring('content'));
    await writeFile(file, 'contend');
    const discarded: string[] = [];
    expect(await cache.find((path) => discarded.push(path))).toBeUndefined();
    expect(discarded).toEqual([join(file, '..')]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('throws out one whose checksum is missing', async () => {
    const { file } = await cache.add(bring('content'));
    await rm(`${file}.sha256`);
    expect(await cache.find()).toBeUndefined();
  });

  it('leaves nothing behind when fetching fails', async () => {
    const failing = cache.add(async (workDir) => {
      await writeFile(join(workDir, 'half'), 'half');
      throw new Error('cut off');
    });
    await expect(failing).rejects.toThrow('cut off');
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps one of two that are fetched at the same time', async () => {
    let arrived = 0;
    let bothHere = (): void => undefined;
    const meeting = new Promise<void>((resolve) => (bothHere = resolve));
    const fetch = async (workDir: string): Promise<FetchedBinary> => {
      if (++arrived === 2) bothHere();
      await meeting;
      return await bring('content')(workDir);
    };
    const both = await Promise.all([cache.add(fetch), cache.add(fetch)]);
    for (const { file } of both) expect(await readFile(file, 'utf8')).toBe('content');
    expect(await cache.find()).toBeDefined();
  });

  it('removes the work folder of a process that was killed, and not that of a living one', async () => {
    const gone = 2 ** 22 + 1;
    await mkdtemp(join(folder, `fetching-${gone}-`));
    await mkdtemp(join(folder, `fetching-${process.pid}-`));
    await cache.add(bring('content'));
    const left = (await readdir(folder)).filter((name) => name.startsWith('fetching-'));
    expect(left).toEqual([expect.stringContaining(`fetching-${process.pid}-`)]);
  });
});
