import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/database/embedded/loopback.js';

/** Whether this machine has Redis; where it has none, the tests that need it say so in a line. */
export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0;

/** A real Redis on a free loopback port, which keeps nothing. */
export class RedisServer {
  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private server: ChildProcess,
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'r2c-redis-'));
    return new RedisServer(port, folder, await launch(port, folder));
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    const exited = once(this.server, 'exit');
    this.server.kill('SIGKILL');
    await exited;
  }

  /** Starts it again on the same port, empty. */
  async restart(): Promise<void> {
    this.server = await launch(this.port, this.folder);
  }

  /** It takes connections and answers nothing. */
  hang(): void {
    this.server.kill('SIGSTOP');
  }

  wake(): void {
    this.server.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    'enable-debug-command': 'yes',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const text of server.stdout) {
    said += String(text);
    if (said.includes('Ready to accept connections')) break;
  }
  if (!said.includes('Ready to accept')) throw new Error(`Redis has not started:\n${said}`);
  return server;
}
