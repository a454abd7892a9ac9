import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Choices } from '../support/choices.js';
import { Cluster } from '../support/cluster.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import type { Device } from '../support/device.js';
import { dataOf, friends, type Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { Replica } from '../support/replica.js';

const isLong = process.env.FAULTS === 'long';
/** Messages that are acknowledged in each part of a storm, at least. */
const LOAD = isLong ? 1000 : 60;
const TIMEOUT = isLong ? 900_000 : 120_000;
/** How many pairs reply to each other as fast as they can, and how often each of them. */
const RALLIES = 4;
const REPLIES = isLong ? 100 : 60;

const choices = new Choices(1);
let cluster: Cluster;
let ann: Person;
let bob: Person;

const texts = (device: Device) => device.all('receiveMessage').map(({ text }) => text);
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function collisions(): Promise<number> {
  const [one, other] = await cluster.figures('reals2chat_message_collisions_total');
  return (one as number) + (other as number);
}

(HAS_REDIS ? describe : describe.skip)('The two of a conversation on two nodes', () => {
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  beforeEach(async () => {
    ({ ann, bob } = await cluster.splitFriends());
  });
  afterEach(() => cluster.endTest(), TIMEOUT);
  afterAll(() => cluster.stop());

  test('two who reply to each other as fast as they can: each number once, in the order of what they saw', async () => {
    await Promise.all(
      Array.from({ length: RALLIES }, async () => {
        const pair = await friends(cluster.urls[0]);
        const players = [pair.ann, pair.bob.at(cluster.urls[1])] as const;
        cluster.atEndOfTest(() => players.forEach((player) => player.leaves()));
        const devices = await Promise.all(players.map((player) => player.connects()));
        for (const [side, device] of devices.entries()) {
          const recipientId = players[1 - side]?.id as string;
          device.socket.on('receiveMessage', ({ text }) => {
            const reply = Number(text.split(' ')[1]) + 1;
            if (reply <= REPLIES) device.emits('sendMessage', { recipientId, text: `${side} ${reply}` });
          });
          device.emits('sendMessage', { recipientId, text: `${side} 1` });
        }
        for (const number of numbers(1, REPLIES)) {
          await devices[1]?.hears('receiveMessage', ({ text }) => text === `0 ${number}`);
          await devices[0]?.hears('receiveMessage', ({ text }) => text === `1 ${number}`);
        }
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
      const proxies = await Promise.all(cluster.urls.map((url) => CuttingProxy.before(url)));
      for (const proxy of proxies) cluster.atEndOfTest(() => proxy.close());
      const [one, other] = proxies.map(({ url }) => url) as [string, string];
      const storm = await cluster.storm(choices, [one, other]);
      await storm.hasAcknowledged(LOAD);
      for (const proxy of proxies) proxy.loses(() => choices.happens(0.05));
      await storm.hasAcknowledged(2 * LOAD);
      for (const proxy of proxies) proxy.heals();
      await storm.hasAcknowledged(LOAD);
      await storm.end();
      expect(storm.attempts.some(({ outcome }) => outcome === 'repeated')).toBe(true);
      expect(await collisions()).toBeGreaterThan(before);
      expect(await storm.complaints(cluster.db)).toEqual([]);
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
});
