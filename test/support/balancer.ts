import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { accepts, freePort } from '../../src/database/embedded/loopback.js';
import { ROOT } from './service-process.js';

/** Whether this machine has a program; where it has not, the tests that need it say so in a line. */
function has(program: string): boolean {
  return spawnSync(program, ['-v']).status === 0;
}

export const HAS_HAPROXY = has('haproxy');
export const HAS_NGINX = has('nginx');

/** What is put in the place of what, in a file that is meant for a server. */
type Changes = [from: string | RegExp, to: string][];

/** Pause between two looks whether it takes connections, in milliseconds. */
const LOOK_AGAIN = 20;

/** A real load balancer in front of nodes, as `deploy/` configures it, but for ports, TLS and folders. */
export class Balancer {
  private said = '';

  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (text: Buffer) => (this.said += text.toString()));
    }
  }

  /** @param nodes - their URLs; two */
  static async haproxy([one = '', other = '']: string[]): Promise<Balancer> {
    const [port, plainPort] = [await freePort(), await freePort()];
    const { folder, file } = await configured('haproxy.cfg', () => [
      ['log /dev/log local0', 'log stdout format raw local0'],
      [/ {2}(user|group) haproxy\n/, ''],
      [/maxconn 20000/, 'maxconn 4000'],
      ['bind :80', `bind 127.0.0.1:${plainPort}`],
      [/bind :443 ssl .*/, `bind 127.0.0.1:${port}`],
      [/127\.0\.0\.1:3001/, hostOf(one)],
      [/127\.0\.0\.1:3002/, hostOf(other)],
    ]);
    return Balancer.launch(port, folder, 'haproxy', ['-db', '-f', file]);
  }

  /** @param nodes - their URLs; any number */
  static async nginx(nodes: string[]): Promise<Balancer> {
    const [port, plainPort] = [await freePort(), await freePort()];
    const { folder, file } = await configured('nginx.conf', (at) => [
      [/listen 80;/, `listen 127.0.0.1:${plainPort};`],
      [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
      [/ssl_[a-z_]+ .*;\n/, ''],
      [/\/var\/log\/nginx\/chat\.access\.log/, accessLogIn(at)],
      [/\/var\/log\/nginx\/chat\.error\.log/, join(at, 'error.log')],
      [/server 127\.0\.0\.1:3000;/, nodes.map((url) => `server ${hostOf(url)};`).join(' ')],
    ]);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${join(folder, name)};`)
      .join(' ');
    const whole = join(folder, 'whole.conf');
    await writeFile(
      whole,
      // It gives its root rights up otherwise, and the log with them.
      `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${join(folder, 'pid')}; worker_processes 1;
       events { worker_connections 4000; } http { ${places} include ${file}; }`,
    );
    return Balancer.launch(port, folder, 'nginx', ['-c', whole, '-e', 'stderr']);
  }

  /** Its log, a line for each request. */
  get log(): string {
    const file = accessLogIn(this.folder);
    return this.said + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    // Both end at once, whoever is still connected.
    this.process.kill('SIGTERM');
    if (this.process.exitCode === null && this.process.signalCode === null) await exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  private static async launch(
    port: number,
    folder: string,
    program: string,
    args: string[],
  ): Promise<Balancer> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const balancer = new Balancer(`http://127.0.0.1:${port}`, child, folder);
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`${program} has ended:\n${balancer.log}`);
      await delay(LOOK_AGAIN);
    }
    return balancer;
  }
}

/**
 * What the program says of the file as it is shipped, but for the certificate, which is made for it.
 *
 * @returns nothing if it is valid
 */
export async function complaintsAboutShipped(name: 'haproxy.cfg' | 'nginx.conf'): Promise<string> {
  const { folder, file } = await configured(name, (at) =>
    name === 'haproxy.cfg'
      ? [
          ['/etc/haproxy/certs/chat.example.org.pem', join(at, 'both.pem')],
          [/ {2}(user|group) haproxy\n/, ''],
        ]
      : [
          ['/etc/ssl/chat.example.org/fullchain.pem', join(at, 'certificate.pem')],
          ['/etc/ssl/chat.example.org/privkey.pem', join(at, 'key.pem')],
          [/\/var\/log\/nginx/, at],
        ],
  );
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const made = '-x509 -newkey rsa:2048 -nodes -subj /CN=chat.example.org -days 2'.split(' ');
    spawnSync('openssl', ['req', ...made, '-keyout', key, '-out', certificate]);
    const both = await Promise.all([key, certificate].map((part) => readFile(part, 'utf8')));
    await writeFile(join(folder, 'both.pem'), both.join(''));
    const whole = join(folder, 'whole.conf');
    await writeFile(whole, `pid ${join(folder, 'pid')}; events {} http { include ${file}; }`);
    const { status, stdout, stderr } =
      name === 'haproxy.cfg'
        ? spawnSync('haproxy', ['-c', '-f', file])
        : spawnSync('nginx', ['-t', '-c', whole, '-e', 'stderr']);
    return status === 0 ? '' : `${stdout.toString()}${stderr.toString()}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A copy of a file of `deploy/` in a folder of its own. @throws Error if there is nothing to change */
async function configured(
  name: string,
  changesIn: (folder: string) => Changes,
): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'r2c-balancer-'));
  let text = await readFile(join(ROOT, 'deploy', name), 'utf8');
  for (const [from, to] of changesIn(folder)) {
    const changed = text.replaceAll(typeof from === 'string' ? from : new RegExp(from, 'g'), to);
    if (changed === text) throw new Error(`deploy/${name} has no ${String(from)}`);
    text = changed;
  }
  const file = join(folder, name);
  await writeFile(file, text);
  return { folder, file };
}

function accessLogIn(folder: string): string {
  return join(folder, 'access.log');
}

function hostOf(url: string): string {
  return new URL(url).host;
}
