import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Message, SyncAnswer } from '../../src/realtime/wire.js';
import { complaintsAbout } from '../support/checker.js';
import { Choices } from '../support/choices.js';
import { Cluster } from '../support/cluster.js';
import { Crowd } from '../support/crowd.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import { call, dataOf, friends, Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { Replica } from '../support/replica.js';
import { ROOT } from '../support/service-process.js';
import { Storm } from '../support/storm.js';

const isLong = process.env.FAULTS === 'long';
/** Messages that are acknowledged before a fault and behind it, at least. */
const LOAD = isLong ? 1000 : 60;
const TIMEOUT = isLong ? 900_000 : 120_000;
/** How many reply to each other as fast as they can, and how often. */
const RALLIES = 4;
const REPLIES = isLong ? 500 : 60;
const RECONNECTS = 200;
/** How long Redis is away, in milliseconds. */
const AWAY = 1500;
/** How long all devices may take until they are back, in milliseconds. */
const BACK_WITHIN = 30_000;
const MINUTES = 60_000;
const CRASHES_BEHIND = 'Stored, and never told';

const choices = new Choices(1);
let cluster: Cluster;
let ann: Person;
let bob: Person;
let endings: (() => unknown)[] = [];

function preload(name: string): string {
  return `--import=${pathToFileURL(join(ROOT, 'test/support', name)).href}`;
}

const texts = (device: Device) => device.all('receiveMessage').map(({ text }) => text);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const bySeq = (one: Message, other: Message) => one.seq - other.seq;

/** People whose conversations are split between the nodes, and who talk until the end of the test. */
async function rages(urls = cluster.urls): Promise<Storm> {
  const crowd = await Crowd.gathers(urls[0], { partnersUrl: urls[1] });
  const storm = new Storm(crowd, choices);
  endings.push(async () => {
    await storm.end().catch(() => undefined);
    crowd.leaves();
  });
  return storm;
}

async function allIsKept(storm: Storm): Promise<void> {
  await storm.end();
  const { crowd, acknowledged } = storm;
  await crowd.isBack();
  expect(complaintsAbout(await crowd.evidence(cluster.db, acknowledged))).toEqual([]);
}

/** Waits until all these devices were let in a second time. */
async function areBack(devices: Device[]): Promise<void> {
  const until = performance.now() + BACK_WITHIN;
  while (devices.some((device) => device.all('ready').length < 2)) {
    if (performance.now() > until) throw new Error('Some devices do not come back');
    await delay(50);
  }
}

async function collisions(): Promise<number> {
  const [one, other] = await cluster.figures('reals2chat_message_collisions_total');
  return (one as number) + (other as number);
}

async function areDegraded(isDegraded: boolean): Promise<boolean> {
  const answers = await Promise.all(
    cluster.urls.map((url) => call<{ degraded?: string[] }>(url, 'GET', '/health/ready')),
  );
  return answers.every(
    ({ status, body }) => status === 200 && (body.degraded?.includes('redis') ?? false) === isDegraded,
  );
}

/** A line to each node that a test can cut. */
async function cuttingProxies(): Promise<[one: CuttingProxy, other: CuttingProxy]> {
  const proxies = await Promise.all(cluster.urls.map((url) => CuttingProxy.before(url)));
  endings.push(...proxies.map((proxy) => () => proxy.close()));
  return proxies as [CuttingProxy, CuttingProxy];
}

(HAS_REDIS ? describe : describe.skip)('Two processes', () => {
  const clocks: string[] = [];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'r2c-clocks-'));
    clocks.push(...['one', 'other'].map((name) => join(folder, name)));
    cluster = await Cluster.start(
      { NODE_OPTIONS: preload('clock.mjs') },
      clocks.map((file, index) => ({
        WRONG_CLOCK: file,
        ...(index === 0 && {
          NODE_OPTIONS: `${preload('clock.mjs')} ${preload('crash-before-telling.mjs')}`,
          CRASHES_BEHIND,
          SERVICE_ROOT: ROOT,
        }),
      })),
    );
  });
  beforeEach(async () => {
    ({ ann, bob } = await friends(cluster.urls[0]));
    bob = bob.at(cluster.urls[1]);
  });
  afterEach(async () => {
    for (const person of [ann, bob]) person.leaves();
    for (const end of endings) await end();
    endings = [];
  }, TIMEOUT);
  afterAll(() => cluster.stop());

  test('two who reply to each other as fast as they can: each number once, in the order of what they saw', async () => {
    await Promise.all(
      Array.from({ length: RALLIES }, async () => {
        const pair = await friends(cluster.urls[0]);
        const players = [pair.ann, pair.bob.at(cluster.urls[1])] as const;
        endings.push(() => players.forEach((player) => player.leaves()));
        const devices = await Promise.all(players.map((player) => player.connects()));
        const last = `0 ${REPLIES}`;
        for (const [side, device] of devices.entries()) {
          const recipientId = players[1 - side]?.id as string;
          device.socket.on('receiveMessage', ({ text }) => {
            const reply = Number(text.split(' ')[1]) + 1;
            if (reply <= REPLIES) device.emits('sendMessage', { recipientId, text: `${side} ${reply}` });
          });
          device.emits('sendMessage', { recipientId, text: `${side} 1` });
        }
        await devices[1]?.hears('receiveMessage', ({ text }) => text === last);
        await devices[0]?.hears('receiveMessage', ({ text }) => text === `1 ${REPLIES}`);
        const history = await players[0].reads(players[1], '?limit=200&after=0');
        expect(history.map(({ seq }) => seq)).toEqual(numbers(1, 2 * REPLIES));
        for (const side of [0, 1]) {
          const own = history.map(({ text }) => text).filter((text) => text.startsWith(`${side} `));
          expect(own).toEqual(numbers(1, REPLIES).map((number) => `${side} ${number}`));
          expect(texts(devices[1 - side] as Device)).toEqual(own);
        }
      }),
    );
  });

  test(
    'a storm from both sides whose answers get lost: order, numbers and keys hold',
    async () => {
      const before = await collisions();
      const proxies = await cuttingProxies();
      const storm = await rages([proxies[0].url, proxies[1].url]);
      await storm.hasAcknowledged(LOAD);
      for (const proxy of proxies) proxy.loses(() => choices.happens(0.05));
      await storm.hasAcknowledged(2 * LOAD);
      for (const proxy of proxies) proxy.heals();
      await storm.hasAcknowledged(LOAD);
      await storm.end();
      expect(storm.attempts.some(({ outcome }) => outcome === 'repeated')).toBe(true);
      expect(await collisions()).toBeGreaterThan(before);
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test('twenty copies at once, over both transports and both nodes, are one message and one event', async () => {
    const phones = [await ann.connects(), await ann.at(cluster.urls[1]).connects()];
    const hearers = [await bob.connects(), await bob.at(cluster.urls[0]).connects()];
    const body = { recipientId: bob.id, text: 'Twin', clientMessageId: 'twin' };
    const copies = await Promise.all(
      numbers(0, 19).map(async (index) => {
        const node = index % 2;
        if (index % 4 < 2) return ann.at(cluster.urls[node] as string).says(bob, 'Twin', 'twin');
        return dataOf(await (phones[node] as Device).asks('sendMessage', body));
      }),
    );
    expect(new Set(copies.map(({ _id, seq }) => `${_id} ${seq}`)).size).toBe(1);
    await ann.says(bob, 'Behind it');
    for (const hearer of hearers) {
      await hearer.hears('receiveMessage', ({ text }) => text === 'Behind it');
      expect(texts(hearer)).toEqual(['Twin', 'Behind it']);
    }
    expect(await cluster.db.collection('messages').countDocuments({ clientMessageId: 'twin' })).toBe(1);
    expect(await ann.posts(bob, 'Something else', 'twin')).toMatchObject({ status: 409 });
  });

  test('devices of one person on two nodes, one of them away, end up the same', async () => {
    const [phone, laptop] = [await ann.connects(), await ann.at(cluster.urls[1]).connects()];
    const tablet = new Replica(ann);
    const away = new Replica(ann.at(cluster.urls[1]));
    const { conversationId } = await bob.says(ann, 'First');
    await tablet.sync();
    for (const device of [phone, laptop]) await device.hears('receiveMessage');
    const sent = dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text: 'From the phone' }));
    expect(await laptop.hears('messageSent')).toEqual(sent);
    await bob.says(ann, 'Last');
    await laptop.hears('receiveMessage', ({ seq }) => seq === 3);
    dataOf(await laptop.asks('messageRead', { conversationId, seq: 3 }));
    await phone.hears(
      'messageStatus',
      ({ userId, status, seq }) => userId === ann.id && status === 'read' && seq === 3,
    );
    for (const url of cluster.urls) {
      const { body } = await ann.at(url).get<{ total: number }>('/api/conversations/unread');
      expect(body.total).toBe(0);
    }
    for (const device of [phone, laptop]) expect(texts(device)).toEqual(['First', 'Last']);
    expect([phone.all('messageSent'), laptop.all('messageSent')]).toEqual([[], [sent]]);
    for (const replica of [tablet, away]) {
      await replica.sync();
      await replica.sync();
      await replica.mustEqualFreshFetch();
    }
    const [one, other] = [tablet, away].map(({ held }) =>
      [...held.values()].map(({ state, messages }) => ({ state, ids: [...messages.keys()].toSorted() })),
    );
    expect(one).toEqual(other);
  });

  test(
    `cut off ${RECONNECTS} times while messages flow, and back on the other node: nothing is missed`,
    async () => {
      const proxies = await cuttingProxies();
      let isOver = false;
      const writers = [ann, ann.at(cluster.urls[1])].map(async (writer) => {
        const device = await writer.connects();
        endings.push(() => device.close());
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
      const storm = await rages();
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
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test('one clock ten minutes fast, the other ten minutes slow: numbers are the order, and time runs forward', async () => {
    async function areWrongBy(...ms: number[]): Promise<void> {
      for (const [index, node] of cluster.nodes.entries()) {
        await writeFile(clocks[index] as string, String(ms[index]));
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
      endings.push(() => people.forEach((person) => person.leaves()));
      const comesBack = { reconnection: true, reconnectionDelay: 300, reconnectionDelayMax: 2000 };
      await Promise.all(
        people.flatMap((person) =>
          numbers(1, 50).map(() => person.connects({ ...comesBack, timeout: 10_000 })),
        ),
      );
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
