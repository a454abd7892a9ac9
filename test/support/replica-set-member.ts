import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { LOOPBACK } from '../../src/database/embedded/loopback.js';

/** How long a command of the test to a member may take, in milliseconds. */
const PATIENCE = 20_000;

/** How long a member may take to say what it is, in milliseconds; one that is still starting is nothing. */
const GLANCE = 1000;

/** Pause between two looks at what it is, in milliseconds. */
const LOOK_AGAIN = 50;

/** One mongod of a replica set: a process on a port and data of its own. */
export class Member {
  private process: ChildProcess | undefined;
  private isPaused = false;
  private readonly client: mongo.MongoClient;

  constructor(
    private readonly file: string,
    /** Where its data are. */
    readonly data: string,
    readonly port: number,
    private readonly setName: string,
  ) {
    this.client = new mongo.MongoClient(`mongodb://${this.host}/`, {
      directConnection: true,
      serverSelectionTimeoutMS: PATIENCE,
    });
  }

  get host(): string {
    return `${LOOPBACK}:${this.port}`;
  }

  /** Whether it can be asked anything. */
  get answers(): boolean {
    return this.process !== undefined && !this.isPaused;
  }

  /** Starts it on a new folder, and waits until it answers. */
  async begins(): Promise<void> {
    await mkdir(this.data);
    this.start();
    await this.admin({ ping: 1 });
  }

  /** Starts it on the data it has; waits for nothing. */
  start(): void {
    const options = [
      ...[
        '--dbpath',
        this.data,
        '--port',
        String(this.port),
        '--bind_ip',
        LOOPBACK,
        '--replSet',
        this.setName,
      ],
      ...['--nounixsocket', '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'],
      ...[
        '--setParameter',
        'enableTestCommands=1',
        '--setParameter',
        'diagnosticDataCollectionEnabled=false',
      ],
    ];
    this.process = spawn(this.file, options, { stdio: 'ignore' });
  }

  /** Becomes the one member of its set, whatever set its data come from, and waits until it takes writes. */
  async isAlone(): Promise<void> {
    await this.admin({ ping: 1 });
    for (let isTold = false; !(await this.isPrimary()); await delay(LOOK_AGAIN)) {
      // Refused while it still reads its own configuration.
      if (!isTold) isTold = await this.reconfigures().catch(() => false);
    }
  }

  private async reconfigures(): Promise<boolean> {
    const { config } = (await this.admin({ replSetGetConfig: 1 })) as { config: { version: number } };
    const members = [{ _id: 0, host: this.host }];
    const alone = { ...config, version: config.version + 1, members };
    await this.admin({ replSetReconfig: alone, force: true });
    return true;
  }

  /** As `kill -9` does; waits until it has ended, since only then its port is free. */
  async isKilled(): Promise<void> {
    const { process } = this;
    if (!process) return;
    this.process = undefined;
    this.isPaused = false;
    if (process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  }

  /** Stops it where it stands (SIGSTOP), connections and all. */
  pause(): void {
    this.isPaused = true;
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
    this.isPaused = false;
  }

  /** Lets it run, if it does not. */
  recover(): void {
    if (this.isPaused) this.resume();
    else if (!this.process) this.start();
  }

  /** Stops it from fetching what the primary writes, and waits until it has stopped. */
  async lags(): Promise<void> {
    const failPoint = 'stopReplProducer';
    const { count } = await this.admin({ configureFailPoint: failPoint, mode: 'alwaysOn' });
    await this.admin({ waitForFailPoint: failPoint, timesEntered: Number(count) + 1, maxTimeMS: PATIENCE });
  }

  /** Lets it fetch again. */
  async follows(): Promise<void> {
    await this.admin({ configureFailPoint: 'stopReplProducer', mode: 'off' });
  }

  /** Whether it takes writes at this moment. */
  async isPrimary(): Promise<boolean> {
    if (!this.answers) return false;
    const asked = this.client.db('admin').command({ hello: 1 }, { timeoutMS: GLANCE });
    const hello: mongo.Document = await asked.catch(() => ({}));
    return hello.isWritablePrimary === true;
  }

  /** @throws Error if it has ended without being told to */
  mustNotHaveFailed(): void {
    const { exitCode = null, signalCode = null } = this.process ?? {};
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`The mongod on port ${this.port} has ended by itself: ${exitCode ?? signalCode}`);
    }
  }

  admin(command: mongo.Document): Promise<mongo.Document> {
    return this.client.db('admin').command(command);
  }

  /** Leaves nothing running. */
  async end(): Promise<void> {
    await this.client.close();
    await this.isKilled();
  }
}
