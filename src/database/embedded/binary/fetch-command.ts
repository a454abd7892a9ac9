import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../child-environment.js';
import { errorCode } from '../../../common/system-errors.js';

/** A program that downloads something into a folder. */
export interface FetchCommand {
  program: string;
  args: string[];
  /** What it writes below, so that its progress can be seen. */
  workDir: string;
  /** Added to the environment it inherits: proxies and mirrors are set there. */
  env?: Record<string, string>;
  /** How long it may go without bringing a byte, in milliseconds. */
  stallAfter: number;
  /** Ends it early. */
  signal?: AbortSignal | undefined;
  /** Told what has come so far, in bytes, every few seconds. */
  progress: (bytes: number) => void;
}

const LOOK_EVERY = 1000;
const TELL_EVERY = 5000;
const KEPT_OUTPUT = 10_000;

/**
 * Runs a download as a program of its own: it can be ended at any moment, its output stays off the console, and
 * what it loads is gone with it.
 *
 * @returns what it wrote to standard output, the last 10,000 characters
 * @throws Error with its last line of standard error, or that it stalled
 */
export async function runFetch(command: FetchCommand): Promise<string> {
  command.signal?.throwIfAborted();
  const child = spawn(command.program, command.args, {
    env: childEnvironment(command.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => (output = (output + text).slice(-KEPT_OUTPUT)));
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (errors = (errors + text).slice(-KEPT_OUTPUT)));
  const end = (): boolean => child.kill('SIGKILL');
  command.signal?.addEventListener('abort', end);
  process.once('exit', end);
  let stalled = false;
  const watch = watchGrowth(command, () => {
    stalled = true;
    end();
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    command.signal?.throwIfAborted();
    if (stalled) throw new Error(`nothing came for ${command.stallAfter / 1000} s`);
    if (code !== 0) throw new Error(lastLine(errors) || `${command.program} ended with code ${code}`);
    return output;
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? new Error(`there is no ${command.program}`) : error;
  } finally {
    clearInterval(watch);
    process.off('exit', end);
    command.signal?.removeEventListener('abort', end);
  }
}

function watchGrowth(command: FetchCommand, stalled: () => void): NodeJS.Timeout {
  let size = 0;
  let grownAt = performance.now();
  let toldAt = performance.now();
  const look = async (): Promise<void> => {
    const now = performance.now();
    const current = await sizeOf(command.workDir);
    if (current > size) grownAt = now;
    size = Math.max(size, current);
    if (now - grownAt > command.stallAfter) stalled();
    else if (size > 0 && now - toldAt >= TELL_EVERY) {
      toldAt = now;
      command.progress(size);
    }
  };
  return setInterval(() => void look(), LOOK_EVERY);
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return found?.isFile() ? found.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
