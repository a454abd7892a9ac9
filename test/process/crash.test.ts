import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRunning } from '../../src/database/embedded/processes.js';
import type { Message } from '../../src/realtime/wire.js';
import type { Device } from '../support/device.js';
import { dataOf, friends, type Person } from '../support/person.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

/** The same service again: its data, its port. */
function restart(service: ServiceProcess): Promise<ServiceProcess> {
  return services.start({ DATA_DIR: service.dataDir, PORT: new URL(service.url).port });
}

/** The whole history, page by page. */
async function historyOf(reader: Person, other: Person): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const page = await reader.reads(other, `?limit=200&after=${all.length}`);
    if (page.length === 0) return all;
    all.push(...page.map(asStored));
  }
}

const numbersTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** Sends in ann's name, 8 at a time, each with an idempotency key; most over the socket, every tenth over HTTP. */
class Storm {
  /** What was acknowledged, by its key. */
  readonly acknowledged = new Map<string, Message>();
  /** All keys, in the order in which they were sent. */
  readonly keys: string[] = [];
  private isOver = false;

  constructor(
    private readonly ann: Person,
    private readonly device: Device,
    private readonly bob: Person,
  ) {}

  /** Sends until `enough` are acknowledged, then calls `then` with more on their way. */
  async rages(enough: number, then: () => void): Promise<void> {
    const worker = async (): Promise<void> => {
      while (!this.isOver) {
        const key = `key-${this.keys.length}`;
        this.keys.push(key);
        const message = await this.sends(key).catch(() => undefined);
        if (!message) return;
        this.acknowledged.set(key, message);
        if (this.acknowledged.size === enough) then();
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    this.isOver = true;
  }

  async sends(key: string, device = this.device): Promise<Message> {
    if (isOverHttp(key)) return this.ann.says(this.bob, `text of ${key}`, key);
    const message = { recipientId: this.bob.id, text: `text of ${key}`, clientMessageId: key };
    return dataOf(await device.asks('sendMessage', message));
  }
}

/** The message without what fetching and confirming change. */
const asStored = (message: Message): Message => ({ ...message, status: 'sent' });

const isOverHttp = (key: string) => key.endsWith('0');

describe('kill -9', () => {
  test('loses nothing that was acknowledged, and what is sent again is there once', async () => {
    const first = await services.start();
    const { ann, bob } = await friends(first.url);
    const storm = new Storm(ann, await ann.connects(), bob);
    await storm.rages(200, () => first.signal('SIGKILL'));
    await first.exited;
    const unacknowledged = storm.keys.filter((key) => !storm.acknowledged.has(key));
    expect(unacknowledged.length).toBeGreaterThan(0);

    await restart(first);
    const history = await historyOf(bob, ann);
    expect(history.map(({ seq }) => seq)).toEqual(numbersTo(history.length));
    const stored = new Map(history.map((message) => [message.clientMessageId, message]));
    for (const [key, message] of storm.acknowledged) expect(stored.get(key)).toEqual(asStored(message));
    const overSocket = history
      .map((message) => String(message.clientMessageId))
      .filter((key) => !isOverHttp(key));
    expect(overSocket).toEqual(storm.keys.filter((key) => !isOverHttp(key)).slice(0, overSocket.length));

    const device = await ann.connects();
    const again = await Promise.all(storm.keys.map((key) => storm.sends(key, device)));
    const after = await historyOf(bob, ann);
    expect(after.map(({ seq }) => seq)).toEqual(numbersTo(storm.keys.length));
    expect(after.slice(0, history.length)).toEqual(history);
    expect(again.toSorted((one, other) => one.seq - other.seq).map(asStored)).toEqual(after);
    ann.leaves();
  });

  test('leaves a mongod, which the next start ends before it begins its own', async () => {
    const first = await services.start();
    await first.isKilled();
    const orphan = await first.mongod();
    expect(orphan && (await isRunning(orphan))).toBe(true);

    const next = await restart(first);
    expect(next.complaints).toEqual([
      `Ending the database that an earlier run has left behind (process ${orphan?.pid}).`,
    ]);
    expect(orphan && (await isRunning(orphan))).toBe(false);
    expect(await next.hasMongod()).toBe(true);
    expect(await next.isStopped()).toEqual({ code: 0, signal: null });
    expect(await next.hasMongod()).toBe(false);
  });
});
