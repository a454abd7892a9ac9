import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from './child-environment.js';
import type { DataFolder } from './data-folder.js';
import { accepts } from './loopback.js';
import type { Exit } from './mongod-exit.js';
import { mongodOptions } from './mongod-options.js';

const LOOK_EVERY = 20;
/** It takes a second; after this long by force, which its journal forgives: the service has 10 s to end. */
const STOP_PATIENCE = 3000;

/** One run of mongod as a child of this process, which it does not keep from ending. */
export class MongodProcess {
  /** Settles when it has ended, also when it could not be started. */
  readonly exited: Promise<Exit>;
  private ended = false;
  private stopping = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', () => child.pid ?? resolve({ code: 127, signal: null }));
    });
    void this.exited.then(() => {
      this.ended = true;
      process.off('exit', this.endWithService);
    });
    process.on('exit', this.endWithService);
    child.unref();
  }

  /** Starts mongod; whether it can run is told by `untilListening`. @throws the file system's error */
  static async spawn(binary: string, folder: DataFolder, port: number): Promise<MongodProcess> {
    await folder.turnLog();
    const output = await open(folder.output, 'w', 0o600);
    try {
      const child = spawn(binary, mongodOptions(folder, port), {
        cwd: folder.root,
        // mongod refuses to start with a locale that the machine does not have.
        env: childEnvironment({ LC_ALL: 'C' }),
        // Its own session: Ctrl-C goes to the service alone, and the database stops when the service says so.
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      return new MongodProcess(child, port);
    } finally {
      await output.close();
    }
  }

  /** 0 if it could not be started. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /**
   * Waits until it accepts connections, however long it has to recover its data.
   *
   * @returns undefined, or how it ended instead
   * @throws the signal's reason
   */
  async untilListening(signal?: AbortSignal): Promise<Exit | undefined> {
    while (!this.ended) {
      signal?.throwIfAborted();
      if (await accepts(this.port)) {
        // Another program may have taken the port meanwhile, and mongod be on its way out.
        return this.ended ? await this.exited : undefined;
      }
      await delay(LOOK_EVERY);
    }
    return await this.exited;
  }

  /** Sends a signal, if it still runs. */
  signal(signal: NodeJS.Signals): void {
    if (!this.ended) this.child.kill(signal);
  }

  /** Ends it in good order, or after 3 s by force; settles when it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.child.ref();
    this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), STOP_PATIENCE);
    await this.exited;
    clearTimeout(force);
  }

  /** A service that ends in the middle of a stop has waited long enough. */
  private readonly endWithService = (): void => this.signal(this.stopping ? 'SIGKILL' : 'SIGTERM');
}
