import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Message, SyncAnswer } from '../../src/realtime/wire.js';
import { Choices } from '../support/choices.js';
import { Cluster } from '../support/cluster.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import { call, dataOf, friends, Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { Replica } from '../support/replica.js';
import { ROOT } from '../support/service-process.js';

const isLong = process.env.FAULTS === 'long';
/** Messages that are acknowledged before a fault and behind it, at least. */
const LOAD = isLong ? 1000 : 60;
const TIMEOUT = isLong ? 900_000 : 120_000;
const RECONNECTS = 200;
/** How long Redis is away, in milliseconds. */
const AWAY = 1500;
/** How long all devices may take until they are back, in milliseconds. */
const BACK_WITHIN = 30_000;
/** How a client waits before it connects again, and for a connection, in milliseconds. */
const COMES_BACK = {
  reconnection: true,
  reconnectionDelay: 300,
  reconnectionDelayMax: 2000,
  timeout: 10_000,
};
const MINUTES = 60_000;
const CRASHES_BEHIND = 'Stored, and never told';

const choices = new Choices(1);
let cluster: Cluster;
let ann: Person;
let bob: Person;

function preload(name: string): string {
  return `--import=${pathToFileURL(join(ROOT, 'test/support', name)).href}`;
}

/** What each node has of its own: a clock that a test sets, and the first a place where it dies. */
function ownOf(folder: string, index: number): Record<string, string> {
  const dies = {
    NODE_OPTIONS: `${preload('clock.mjs')} ${preload('crash-before-telling.mjs')}`,
    CRASHES_BEHIND,
    SERVICE_ROOT: ROOT,
  };
  return {
    NODE_OPTIONS: preload('clock.mjs'),
    WRONG_CLOCK: clockOf(folder, index),
    ...(index === 0 && dies),
  };
}

function clockOf(folder: string, index: number): string {
  return join(folder, `clock ${index}`);
}

const texts = (device: Device) => device.all('receiveMessage').map(({ text }) => text);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const bySeq = (one: Message, other: Message) => one.seq - other.seq;

/** Waits until all these devices were let in a second time. */
async function areBack(devices: Device[]): Promise<void> {
  const until = performance.now() + BACK_WITHIN;
  while (devices.some((device) => device.all('ready').length < 2)) {
    if (performance.now() > until) throw new Error('Some devices do not come back');
    await delay(50);
  }
}

async function areDegraded(isDegraded: boolean): Promise<boolean> {
  const answers = await Promise.all(
    cluster.urls.map((url) => call<{ degraded?: string[] }>(url, 'GET', '/health/ready')),
  );
  return answers.every(
    ({ status, body }) => status === 200 && (body.degraded?.includes('redis') ?? false) === isDegraded,
  );
}

(HAS_REDIS ? describe : describe.skip)('A fault of two nodes', () => {
  beforeAll(async () => {
    cluster = await Cluster.start({}, ownOf);
  });
  beforeEach(async () => {
    ({ ann, bob } = await cluster.splitFriends());
  });
  afterEach(() => cluster.endTest(), TIMEOUT);
  afterAll(() => cluster.stop());

  test(
    `cut off ${RECONNECTS} times while messages flow, and back on the other node: nothing is missed`,
    async () => {
      const proxies = await Promise.all(cluster.urls.map((url) => CuttingProxy.before(url)));
      for (const proxy of proxies) cluster.atEndOfTest(() => proxy.close());
      let isOver = false;
      const writers = [ann, ann.at(cluster.urls[1])].map(async (writer) => {
        const device = await writer.connects();
        cluster.atEndOfTest(() => device.close());
        while (!isOver) dataOf(await device.asks('sendMessage', { recipientId: bob.id, text: 'On and on' }));
      });
      const told = new Set<number>();
      const had = new Set<number>();
      let tokens: Record<string, string> = {};

      /** A device of his that is given what it lacks. Some are cut while they connect. */
      async function replays(url: string): Promise<void> {
        const phone = bob.at(url).opens();
        if (choices.happens(0.7)) await phone.hears('ready');
        await delay(choices.below(15));
        phones.push(phone);
      }
      /** A device of hers that fetches what it lacks. */
      async function syncs(url: string): Promise<void> {
        const tablet = await ann.at(url).connectsWithoutReplay();
        for (let cursor: string | null = ''; cursor !== null;) {
          const body = { conversations: tokens, ...(cursor && { cursor }) };
          const answer: SyncAnswer = dataOf(await tablet.asks('sync', body));
          for (const { messages, token, conversationId } of answer.conversations) {
            for (const { seq } of messages) had.add(seq);
            newest = { [conversationId]: token };
          }
          cursor = answer.cursor;
        }
        tokens = newest;
        for (const { seq } of tablet.all('messageSent')) had.add(seq);
        expect(had.size).toBe(Math.max(0, ...had));
        tablet.close();
      }
      const phones: Device[] = [];
      let newest: Record<string, string> = {};
      for (let round = 0; round < RECONNECTS; round += 1) {
        const proxy = proxies[round % 2] as CuttingProxy;
        await (round % 4 < 2 ? replays(proxy.url) : syncs(proxy.url));
        proxy.cuts();
      }
      isOver = true;
      await Promise.all(writers);
      const { seq: last } = await ann.says(bob, 'The end');
      const phone = await bob.connects();
      await phone.hears('receiveMessage', ({ seq }) => seq === last);
      for (const device of [...phones, phone]) {
        const seqs = device.all('receiveMessage').map(({ seq }) => seq);
        expect(seqs).toEqual(numbers(seqs[0] ?? 1, (seqs[0] ?? 1) + seqs.length - 1));
        for (const seq of seqs) told.add(seq);
        device.close();
      }
      expect([...told].toSorted((one, other) => one - other)).toEqual(numbers(1, last));
    },
    TIMEOUT,
  );

  test(
    'Redis away for a while: sends go on, health says so, and all that was missed live is there when it is back',
    async () => {
      const storm = await cluster.storm(choices);
      await storm.hasAcknowledged(LOAD);
      await cluster.redis.kill();
      await eventually(() => areDegraded(true));
      await storm.hasAcknowledged(LOAD);
      await delay(AWAY);
      expect(storm.attempts.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
      await cluster.redis.restart();
      await eventually(() => areDegraded(false));
      await storm.hasAcknowledged(LOAD);
      const sent = await storm.end();
      for (const { person, phone } of storm.crowd.chatters) {
        const ids = sent
          .filter(({ recipientId }) => recipientId === person.id)
          .map(({ answer }) => answer as Message)
          .toSorted(bySeq)
          .map(({ _id }) => _id);
        await phone.hears('receiveMessage', ({ _id }) => _id === ids.at(-1));
        const heard = phone.all('receiveMessage').map(({ _id }) => _id);
        expect(heard.slice(-ids.length)).toEqual(ids);
      }
      expect(await storm.complaints(cluster.db)).toEqual([]);
    },
    TIMEOUT,
  );

  test('one clock ten minutes fast, the other ten minutes slow: numbers are the order, and time runs forward', async () => {
    async function areWrongBy(...ms: number[]): Promise<void> {
      for (const [index, node] of cluster.nodes.entries()) {
        await writeFile(clockOf(cluster.folder, index), String(ms[index]));
        const before = node.stderr.length;
        node.signal('SIGUSR2');
        await eventually(() => node.stderr.slice(before).includes('The clock was set'));
      }
    }
    await areWrongBy(10 * MINUTES, -10 * MINUTES);
    // A token must not come from the future, so theirs are of the slow node.
    const pair = await friends(cluster.urls[1]);
    [ann, bob] = [pair.ann.at(cluster.urls[0]), pair.bob];
    const [anns, bobs] = [await ann.connects(), await bob.connects()];
    const sent: Message[] = [];
    const talk = async (): Promise<void> => {
      for (const index of numbers(1, 10)) {
        sent.push(dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: `${index} fast` })));
        sent.push(dataOf(await bobs.asks('sendMessage', { recipientId: ann.id, text: `${index} slow` })));
      }
    };
    await talk();
    anns.emits('typing', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
    await areWrongBy(0, 0);
    await talk();
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
    const history = await bob.reads(ann, '?after=0');
    expect(history.map(({ _id }) => _id)).toEqual(sent.map(({ _id }) => _id));
    expect(history.map(({ seq }) => seq)).toEqual(numbers(1, 40));
    const times = history.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted());
    await bobs.hears('receiveMessage', ({ seq }) => seq === 39);
    expect(texts(bobs)).toHaveLength(20);
  });

  test('a node that dies between storing and telling: what it stored is found, and told by another', async () => {
    const phone = await ann.connects();
    const bobs = await bob.connects();
    const cat = await Person.signUp(cluster.urls[1], 'Cat');
    await cat.befriends(bob);
    await ann.says(bob, 'Before');
    const tablet = new Replica(bob);
    await tablet.sync();
    const body = { recipientId: bob.id, text: CRASHES_BEHIND, clientMessageId: 'crash' };
    const unanswered = phone.asks('sendMessage', body);
    expect(await cluster.node(0).exited).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(unanswered).rejects.toThrow();

    // All that was told to him is before this.
    await cat.says(bob, 'A mark');
    await bobs.hears('receiveMessage', ({ text }) => text === 'A mark');
    expect(texts(bobs)).toEqual(['Before', 'A mark']);
    expect((await tablet.sync()).map(({ text }) => text)).toContain(CRASHES_BEHIND);

    const elsewhere = ann.at(cluster.urls[1]);
    const again = await elsewhere.posts(bob, CRASHES_BEHIND, 'crash');
    expect(again).toMatchObject({ status: 200, body: { seq: 2 } });
    await elsewhere.says(bob, 'After');
    await bobs.hears('receiveMessage', ({ text }) => text === 'After');
    expect(texts(bobs)).toEqual(['Before', 'A mark', CRASHES_BEHIND, 'After']);
    await cluster.restarts(0);
    expect(await ann.posts(bob, CRASHES_BEHIND, 'crash')).toEqual({
      ...again,
      headers: expect.anything(),
      body: { ...again.body, status: expect.anything() },
    });
    cat.leaves();
  });

  test(
    'a node killed with 500 sockets: all are back on it by themselves, and it is as light as before',
    async () => {
      const people = await Promise.all(
        numbers(1, 10).map((n) => Person.signUp(cluster.urls[0], `Person ${n}`)),
      );
      cluster.atEndOfTest(() => people.forEach((person) => person.leaves()));
      for (const person of people) {
        await Promise.all(numbers(1, 50).map(() => person.connects(COMES_BACK)));
      }
      const devices = people.flatMap((person) => person.devices);
      await cluster.node(0).isKilled();
      await Promise.all(devices.map((device) => device.isDisconnected()));
      await cluster.restarts(0);
      await areBack(devices);
      expect((await cluster.figures('reals2chat_sockets'))[0]).toBe(devices.length);
      expect((await cluster.figures('process_resident_memory_bytes'))[0]).toBeLessThan(400 * 1024 * 1024);
      const [first, second] = people as [Person, Person];
      await first.befriends(second);
      await first.says(second, 'Welcome back');
      await Promise.all(second.devices.map((device) => device.hears('receiveMessage')));
    },
    TIMEOUT,
  );
});
