import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { EmbeddedMongodOptions } from '../../src/database/embedded/embedded-mongod.js';
import { type ProcessIdentity, endProcess, identify } from '../../src/database/embedded/processes.js';

/** Options that can be handed to another process, beside the signal. */
export type Settings = Omit<EmbeddedMongodOptions, 'say'>;

const BUILT = new URL('../../dist/database/embedded/embedded-mongod.js', import.meta.url).href;

const SCRIPT = `
const { startEmbeddedMongod } = await import(process.argv[1]);
const mongod = await startEmbeddedMongod({ ...JSON.parse(process.argv[2]), say: () => undefined });
process.once('SIGTERM', () => void mongod.stop().then(() => process.stdin.destroy()));
process.on('SIGINT', () => console.log('interrupted'));
process.stdin.resume();
console.log(JSON.stringify({ uri: mongod.uri, mongod: mongod.pid }));
`;

/** A process that has an embedded database, as the service has, and that can be killed. */
export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly uri: string,
    /** The pid of its mongod. */
    readonly mongod: number,
    private readonly identity: ProcessIdentity | undefined,
    private readonly output: Interface,
  ) {}

  /** @throws Error with the last lines it printed, if it ended instead of becoming ready */
  static async start(settings: Settings): Promise<Service> {
    const args = ['--input-type=module', '-e', SCRIPT, BUILT, JSON.stringify(settings)];
    const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const output = createInterface(child.stdout);
    const [line] = (await Promise.race([
      once(output, 'line'),
      once(child, 'close').then(() => Promise.reject(new Error(errors))),
    ])) as [string];
    const { uri, mongod } = JSON.parse(line) as { uri: string; mongod: number };
    return new Service(child, uri, mongod, await identify(mongod), output);
  }

  /** As `kill -9` does; its mongod is left alone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.end();
  }

  /** As a terminal does: SIGINT to the whole group of the service's processes. Settles when the service has heard it. */
  async ctrlC(): Promise<void> {
    const heard = once(this.output, 'line');
    process.kill(-(this.child.pid ?? 0), 'SIGINT');
    await heard;
  }

  /**
   * As an operator does: SIGTERM to the service. What a killed service has left is ended too.
   *
   * @returns the exit code; null after a kill
   */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    await this.end();
    if (this.child.signalCode && this.identity) await endProcess(this.identity, 5000);
    return this.child.exitCode;
  }

  private async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}
