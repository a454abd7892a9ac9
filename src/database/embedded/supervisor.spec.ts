import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Exit } from './mongod-exit.js';
import { Supervisor, type Watched } from './supervisor.js';

/** A process that ends when the test says so. */
class FakeProcess implements Watched {
  readonly exited: Promise<Exit>;
  readonly signals: string[] = [];
  end!: () => void;

  constructor(readonly pid: number) {
    this.exited = new Promise((resolve) => (this.end = () => resolve({ code: 1, signal: null })));
  }

  signal(signal: NodeJS.Signals): void {
    this.signals.push(signal);
  }

  async stop(): Promise<void> {
    this.end();
    await this.exited;
  }
}

describe('the supervisor', () => {
  afterEach(() => void jest.useRealTimers());

  /** @param failures - how often a start fails before one works */
  function supervise(failures: number): {
    first: FakeProcess;
    supervisor: Supervisor;
    said: string[];
    log: { large: boolean };
    says: (part: string) => Promise<void>;
  } {
    const said: string[] = [];
    const log = { large: false };
    const listeners: ((line: string) => void)[] = [];
    const first = new FakeProcess(1);
    let starts = 0;
    const supervisor = new Supervisor(first, {
      start: async (started) => {
        starts++;
        if (starts <= failures) throw new Error('its port was taken');
        started(new FakeProcess(1 + starts));
      },
      explain: async () => 'code 1',
      turnLog: async () => log.large,
      say: (line) => {
        said.push(line);
        for (const listener of listeners) listener(line);
      },
    });
    const says = (part: string): Promise<void> =>
      new Promise((resolve) => listeners.push((line) => line.includes(part) && resolve()));
    return { first, supervisor, said, log, says };
  }

  it('tries again, each time later, until it runs, and says only once why it does not', async () => {
    const { first, supervisor, said, says } = supervise(2);
    const back = says('runs again');
    first.end();
    await back;
    expect(supervisor.pid).toBe(4);
    expect(said).toEqual([
      'The database has stopped (code 1). Starting it again.',
      'The database does not start (its port was taken). Trying on, at least every 30 s.',
      'The database runs again.',
    ]);
    await supervisor.stop();
    expect(said).toHaveLength(3);
  });

  it('stops between two tries', async () => {
    const { first, supervisor, said, says } = supervise(Infinity);
    const failed = says('Trying on');
    first.end();
    await failed;
    await supervisor.stop();
    expect(said.filter((line) => line.includes('Trying on'))).toHaveLength(1);
  });

  it('has mongod open a new log once the old one was moved aside', async () => {
    jest.useFakeTimers();
    const { first, supervisor, log } = supervise(0);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(first.signals).toEqual([]);
    log.large = true;
    await jest.advanceTimersByTimeAsync(30_000);
    expect(first.signals).toEqual(['SIGUSR1']);
    await supervisor.stop();
  });
});
