import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../common/make-folder.js';
import { shortReason } from '../common/system-errors.js';
import { ConfigError } from './config-error.js';

/**
 * The secret made at the first start and kept in `DATA_DIR`, readable by its owner only.
 *
 * @throws ConfigError naming `DATA_DIR`
 */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'jwt-secret');
  try {
    makeFolder(dataDir);
    make(file);
    chmodSync(file, 0o600);
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length < 32) throw new Error(`${file} is damaged; remove it and everyone signs in again`);
    return secret;
  } catch (error) {
    throw new ConfigError(`DATA_DIR (${dataDir}) cannot be used: ${shortReason(error)}.`);
  }
}

/** Linked when whole, so that two first starts at once agree on one secret. */
function make(file: string): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600 });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
