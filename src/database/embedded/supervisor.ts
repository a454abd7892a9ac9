import { setTimeout as delay } from 'node:timers/promises';
import { shortReason } from '../../common/system-errors.js';
import type { MongodProcess } from './mongod-process.js';

const FIRST_WAIT = 100;
const LONGEST_WAIT = 30_000;
const STEADY_AFTER = 60_000;
const LOG_LOOK_EVERY = 30_000;

/** What the supervisor sees of a process. */
export type Watched = Pick<MongodProcess, 'pid' | 'exited' | 'signal' | 'stop'>;

/** What the supervisor is told about the mongod it watches. */
export interface Supervised {
  /** Starts it again on its port. The process is told of before it listens, so that it can be stopped. */
  start(started: (mongod: Watched) => unknown, signal: AbortSignal): Promise<void>;
  /** In words, why it has ended. */
  explain(mongod: Watched): Promise<string>;
  /** Moves a log that has grown too large aside; whether there was one. */
  turnLog(): Promise<boolean>;
  say: (line: string) => void;
}

/** Starts mongod again whenever it ends, until it is told to stop; the driver connects again by itself. */
export class Supervisor {
  private readonly stopping = new AbortController();
  private readonly logTimer: NodeJS.Timeout;
  private readonly watching: Promise<void>;
  private wait = FIRST_WAIT;
  /** Why it does not run, as the operator was told last. */
  private told = '';

  constructor(
    private mongod: Watched,
    private readonly supervised: Supervised,
  ) {
    this.watching = this.watch();
    this.logTimer = setInterval(() => void this.boundLog(), LOG_LOOK_EVERY).unref();
  }

  /** The process of the moment, or the last one. */
  get pid(): number {
    return this.mongod.pid;
  }

  /** Ends mongod in good order, and the watch over it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.logTimer);
    await this.mongod.stop();
    await this.watching;
    // Another one may have been on its way.
    await this.mongod.stop();
  }

  private async watch(): Promise<void> {
    for (;;) {
      const startedAt = performance.now();
      await this.mongod.exited;
      if (this.stopping.signal.aborted) return;
      if (performance.now() - startedAt > STEADY_AFTER) this.wait = FIRST_WAIT;
      const reason = await this.supervised.explain(this.mongod);
      this.told = kindOf(reason);
      this.supervised.say(`The database has stopped (${reason}). Starting it again.`);
      await this.startAgain();
    }
  }

  private async startAgain(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await delay(this.wait, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
      try {
        await this.supervised.start((mongod) => (this.mongod = mongod), signal);
        this.supervised.say('The database runs again.');
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.complain(shortReason(error));
      }
    }
  }

  /** Says once what may go on for long. */
  private complain(reason: string): void {
    if (this.told === kindOf(reason)) return;
    this.told = kindOf(reason);
    this.supervised.say(
      `The database does not start (${reason}). Trying on, at least every ${LONGEST_WAIT / 1000} s.`,
    );
  }

  private async boundLog(): Promise<void> {
    try {
      if (await this.supervised.turnLog()) this.mongod.signal('SIGUSR1');
    } catch (error) {
      this.supervised.say(`The database's log cannot be moved aside: ${shortReason(error)}.`);
    }
  }
}

/** The reason whatever its numbers are: how much space is left, which process it was. */
function kindOf(reason: string): string {
  return reason.replaceAll(/\d+/g, '#');
}
