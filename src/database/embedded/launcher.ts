import type { MongodBinary } from './binary/binary-cache.js';
import type { DataFolder, LastRun } from './data-folder.js';
import { freePort } from './loopback.js';
import { shortageOf } from './free-space.js';
import { explainExit, FOLDER_IN_USE, MongodExitError, PORT_IN_USE } from './mongod-exit.js';
import { MongodProcess } from './mongod-process.js';
import { endOrphan } from './orphan.js';
import { identify } from './processes.js';

const ATTEMPTS = 5;

/** Brings mongod up on a data folder, and notes each process so that a later start can end it. */
export class Launcher {
  private lastRun: LastRun | undefined;

  constructor(
    private readonly binary: MongodBinary,
    private readonly folder: DataFolder,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * Starts mongod on the port of last time, or on another if that one is taken.
   *
   * @returns when it listens
   * @throws MongodExitError if it does not come up, or the signal's reason; then nothing is left running
   */
  async launch(signal?: AbortSignal): Promise<MongodProcess> {
    this.lastRun = await this.folder.lastRun();
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(attempt === 1 ? this.lastRun?.port : undefined);
      const mongod = await MongodProcess.spawn(this.binary.file, this.folder, port);
      try {
        await this.bringUp(mongod, signal);
        return mongod;
      } catch (error) {
        await mongod.stop();
        if (attempt === ATTEMPTS || !(await this.worthAnother(error))) throw error;
      }
    }
  }

  /**
   * Starts mongod again on the port it had.
   *
   * @param started told of the process at once
   * @throws Error if there is too little space on its disk, MongodExitError if it does not come up, or the
   *   signal's reason
   */
  async relaunch(
    port: number,
    started: (mongod: MongodProcess) => unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const shortage = await shortageOf(this.folder);
    if (shortage) throw new Error(shortage);
    const mongod = await MongodProcess.spawn(this.binary.file, this.folder, port);
    started(mongod);
    try {
      await this.bringUp(mongod, signal);
    } catch (error) {
      await mongod.stop();
      throw error;
    }
  }

  /** Why a mongod has ended, in words. */
  async explain(mongod: Pick<MongodProcess, 'exited'>): Promise<string> {
    return (await this.exitError(mongod)).message;
  }

  /** Rejects when mongod ends; never fulfils. @throws MongodExitError */
  async failure(mongod: MongodProcess): Promise<never> {
    throw await this.exitError(mongod);
  }

  private async bringUp(mongod: MongodProcess, signal?: AbortSignal): Promise<void> {
    await this.note(mongod);
    if (await mongod.untilListening(signal)) throw await this.exitError(mongod);
    this.lastRun = await this.note(mongod, this.binary.version);
  }

  private async exitError(mongod: Pick<MongodProcess, 'exited'>): Promise<MongodExitError> {
    return await explainExit(await mongod.exited, this.folder, this.lastRun?.version);
  }

  /** The version is noted only once mongod has opened the data: it may be the wrong one for them. */
  private async note(mongod: MongodProcess, version = this.lastRun?.version ?? ''): Promise<LastRun> {
    const identity = mongod.pid ? await identify(mongod.pid) : undefined;
    const run = { port: mongod.port, version, ...(identity && { mongod: identity }) };
    await this.folder.remember(run);
    return run;
  }

  private async worthAnother(error: unknown): Promise<boolean> {
    if (!(error instanceof MongodExitError)) return false;
    if (error.exit.code === PORT_IN_USE) return true;
    // The orphan may have been too young to have left a note when we looked.
    return error.exit.code === FOLDER_IN_USE && (await endOrphan(this.folder, this.say));
  }
}
