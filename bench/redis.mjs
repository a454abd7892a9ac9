import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../dist/database/embedded/loopback.js';

/** The version of the Redis of this machine; undefined where it has none. */
export function redisVersion() {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(stdout ?? '')?.[1];
}

/**
 * A Redis of its own on a free loopback port, which keeps nothing.
 *
 * @param use - is given its URL and its process id
 */
export async function withRedis(use) {
  const folder = await mkdtemp(join(tmpdir(), 'reals2chat-bench-redis-'));
  const port = await freePort();
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const end = () => server.kill('SIGKILL');
  process.once('exit', end);
  try {
    await ready(server, exited);
    await use(`redis://127.0.0.1:${port}`, server.pid);
  } finally {
    process.off('exit', end);
    end();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

async function ready(server, exited) {
  const lines = createInterface({ input: server.stdout });
  await Promise.race([
    new Promise((resolve) => lines.on('line', (line) => line.includes('Ready to accept') && resolve())),
    exited.then(() => Promise.reject(new Error('Redis has ended before it was ready'))),
  ]);
}
