import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mongo } from 'mongoose';
import { endProcess, isRunning, type ProcessIdentity } from '../../src/database/embedded/processes.js';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const BUILT = join(ROOT, 'dist', 'main.js');

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What an operator sees of a start that failed. */
export interface Refusal extends Ending {
  lines: string[];
  stdout: string;
}

interface Command {
  /** Variables as an operator would set them; `DATA_DIR` always. */
  settings: Record<string, string> & { DATA_DIR: string };
  /** As `npm start` in the checkout, instead of `node dist/main.js` in an empty folder. */
  npm?: boolean;
  /** The folder it is started in. */
  cwd: string;
}

/** The built service as a process of its own, seen as its operator sees it. */
export class ServiceProcess {
  stdout = '';
  stderr = '';
  readonly exited: Promise<Ending>;
  private readonly child: ChildProcess;
  private looks: (() => void)[] = [];

  constructor(private readonly command: Command) {
    const { settings, cwd } = command;
    // Nothing is built anew below the feet of other tests.
    const [program, ...args] = command.npm
      ? ['npm', 'start', '--ignore-scripts']
      : [process.execPath, '--enable-source-maps', BUILT];
    this.child = spawn(program, args, {
      cwd: command.npm ? ROOT : cwd,
      env: {
        ...inherited(),
        NODE_ENV: 'test',
        PORT: '0',
        LOG_LEVEL: 'warn',
        RATE_LIMITS: 'off',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (text: Buffer) => this.note('stdout', text));
    this.child.stderr?.on('data', (text: Buffer) => this.note('stderr', text));
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
    void this.exited.then(() => this.look());
  }

  get dataDir(): string {
    return this.command.settings.DATA_DIR;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Where it is reached, once it is ready. */
  get url(): string {
    const [, url] = /^Ready.* (http:\/\/\S+)\/api( |$)/m.exec(this.stdout) ?? [];
    if (!url) throw new Error(`Not ready:\n${this.stdout}${this.stderr}`);
    return url;
  }

  /** The lines on standard error that are there. */
  get complaints(): string[] {
    return this.stderr.split('\n').filter(Boolean);
  }

  /** Waits until the service says so. @throws Error with what it said, if it ended instead */
  async isReady(): Promise<this> {
    await this.says(/^Ready.*\n/m, 'stdout');
    return this;
  }

  /** Waits until a line like this was printed. @throws Error with what it said, if it ended without */
  async says(line: RegExp, where: 'stdout' | 'stderr' = 'stderr'): Promise<void> {
    while (!line.test(this[where])) {
      if (this.hasEnded) throw new Error(`The service ended:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => this.looks.push(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As `kill -9` does; its mongod is left alone. */
  async isKilled(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** As an operator does. @returns how it ended */
  async isStopped(): Promise<Ending> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** The mongod that it, or an earlier run on its data, has started last. */
  async mongod(): Promise<ProcessIdentity | undefined> {
    const file = join(this.dataDir, 'mongod', 'last-run.json');
    const text = await readFile(file, 'utf8').catch(() => '{}');
    return (JSON.parse(text) as { mongod?: ProcessIdentity }).mongod;
  }

  /** Whether that mongod still runs. */
  async hasMongod(): Promise<boolean> {
    const mongod = await this.mongod();
    return mongod !== undefined && (await isRunning(mongod));
  }

  /** Leaves nothing running. */
  async end(): Promise<void> {
    if (!this.hasEnded) {
      this.signal('SIGTERM');
      const force = setTimeout(() => this.signal('SIGKILL'), 10_000);
      await this.exited;
      clearTimeout(force);
    }
    const mongod = await this.mongod();
    if (mongod && (await isRunning(mongod))) {
      process.kill(mongod.pid, 'SIGCONT');
      await endProcess(mongod, 5000);
    }
  }

  private note(where: 'stdout' | 'stderr', text: Buffer): void {
    this[where] += text.toString();
    this.look();
  }

  private look(): void {
    for (const look of this.looks.splice(0)) look();
  }
}

/** The service processes of one test file, in a folder of their own. */
export class ServiceProcesses {
  private readonly all: ServiceProcess[] = [];
  private readonly databases: string[] = [];
  private folders = 0;

  private constructor(readonly folder: string) {}

  static async inFolder(): Promise<ServiceProcesses> {
    return new ServiceProcesses(await mkdtemp(join(tmpdir(), 'r2c process ')));
  }

  /** A data folder that no service has used. */
  newDataDir(): string {
    this.folders += 1;
    return join(this.folder, `data ${this.folders}`);
  }

  /** The URI of a database of its own on the mongod of the test run, for services that need no embedded one. */
  newDatabase(): string {
    const uri = new URL(process.env.TEST_MONGODB_URI as string);
    uri.pathname = `/test_${randomBytes(6).toString('hex')}`;
    this.databases.push(uri.toString());
    return uri.toString();
  }

  /** Begins a start and does not wait for it; on a data folder of its own unless one is given. */
  begin(settings: Record<string, string> = {}, how: { npm?: boolean; cwd?: string } = {}): ServiceProcess {
    const service = new ServiceProcess({
      cwd: this.folder,
      ...how,
      settings: { DATA_DIR: this.newDataDir(), ...settings },
    });
    this.all.push(service);
    return service;
  }

  /** Starts a service and waits until it is ready. */
  start(settings: Record<string, string> = {}, how: { npm?: boolean } = {}): Promise<ServiceProcess> {
    return this.begin(settings, how).isReady();
  }

  /** A start that must fail. @returns how it ended, and the lines it printed on standard error */
  refuses(settings: Record<string, string>): Promise<Refusal> {
    return this.isRefused(this.begin(settings));
  }

  async isRefused(service: ServiceProcess): Promise<Refusal> {
    const ending = await service.exited;
    return { ...ending, lines: service.complaints, stdout: service.stdout };
  }

  /** Ends whatever runs and removes the data. */
  async end(): Promise<void> {
    await Promise.all(this.all.map((service) => service.end()));
    await Promise.all(this.databases.map(drop));
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function drop(uri: string): Promise<void> {
  const client = new mongo.MongoClient(uri);
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}

/** Of the test's own environment only what finds programs and the cache of the embedded mongod. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'MONGOD_BINARY', 'MONGOMS_DOWNLOAD_MIRROR', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
