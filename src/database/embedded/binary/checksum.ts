import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK = 1 << 20;

/** SHA-256 of a file's content in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: CHUNK }), hash);
  return hash.digest('hex');
}

/**
 * Writes `source` into the new executable file `target` and tells the SHA-256 of what went in, in hex.
 *
 * @throws the file system's error, also if `target` exists
 */
export async function writeExecutable(source: Readable, target: string): Promise<string> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(source, hashing, createWriteStream(target, { flags: 'wx', mode: 0o755 }));
  return hash.digest('hex');
}
