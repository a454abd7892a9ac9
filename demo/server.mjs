import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(ROOT, 'dist', 'main.js');

/** Whether a chat service that can serve answers at this address. */
export async function isReady(url) {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(3000) });
    return response.ok && (await response.json()).success === true;
  } catch {
    return false;
  }
}

/** A service of the demo's own, with an embedded database on data that are removed when it stops. */
export class OwnServer {
  /** Its address, once it is ready. */
  url = '';
  #dataDir = '';
  #child;

  /** @throws Failure when it cannot be built or ends before it is ready */
  async start() {
    if (isStale()) build();
    this.#dataDir = await mkdtemp(join(tmpdir(), 'reals2chat-demo-'));
    this.#child = spawn(process.execPath, [BUILT], {
      cwd: ROOT,
      // A group of its own: Ctrl-C reaches the demo, and the demo ends the service.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...settings(this.#dataDir) },
    });
    for await (const line of createInterface({ input: this.#child.stdout })) {
      const [, url] = /^Ready: API (\S+)\/api/.exec(line) ?? [];
      if (url) return void (this.url = url);
    }
    throw new Failure('The service of the demo could not start; it says why above');
  }

  /** Ends the service and removes its data. */
  async stop() {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    if (this.#dataDir) await rm(this.#dataDir, { recursive: true, force: true });
  }
}

/** Empty ones shadow what a `.env` of the checkout says. */
function settings(dataDir) {
  return {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    MONGODB_URI: '',
    REDIS_URL: '',
    JWT_SECRET: '',
    CORS_ORIGINS: '',
    PRESENCE_GRACE_MS: '1000',
    LOG_LEVEL: 'warn',
  };
}

/** Whether some source is newer than what was built. */
function isStale() {
  if (!existsSync(BUILT)) return true;
  const built = statSync(BUILT).mtimeMs;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  return sources.some(
    (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > built,
  );
}

function build() {
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    throw new Failure('The service could not be built; it says why above');
  }
}
