import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Device } from '../support/device.js';
import { dataOf, friends, type Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { eventually } from '../support/eventually.js';
import { UnreliableBus } from '../support/unreliable-bus.js';
import { TwoNodes } from '../support/two-nodes.js';

let nodes: TwoNodes;
let ann: Person;
let bob: Person;

/** Texts of the messages told to a device. */
function heard(device: Device): string[] {
  return device.all('receiveMessage').map(({ text }) => text);
}

(HAS_REDIS ? describe : describe.skip)('Two nodes', () => {
  beforeAll(async () => {
    nodes = await TwoNodes.start();
  });
  beforeEach(async () => {
    ({ ann, bob } = await friends(nodes.here.url));
    bob = bob.at(nodes.there.url);
  });
  afterEach(() => {
    ann.leaves();
    bob.leaves();
  });
  afterAll(() => nodes.stop());

  test('people on different nodes hear each other: messages, echoes, statuses, typing', async () => {
    const anns = await ann.connects();
    const annsOther = await ann.at(nodes.there.url).connects();
    const bobs = await bob.connects();
    anns.emits('typing', { recipientId: bob.id });
    expect(await bobs.hears('typingStatus')).toEqual({ senderId: ann.id, isTyping: true });
    const sent = dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Over there' }));
    expect(await bobs.hears('receiveMessage')).toEqual(sent);
    expect(await bobs.hears('typingStatus')).toEqual({ senderId: ann.id, isTyping: false });
    expect(await annsOther.hears('messageSent')).toEqual(sent);
    expect(await anns.hears('messageStatus')).toMatchObject({ status: 'delivered', seq: 1, userId: bob.id });
    expect(await annsOther.hears('messageStatus')).toMatchObject({ status: 'delivered', seq: 1 });
  });

  test('typing on one node ends with a message sent by way of the other', async () => {
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    anns.emits('typing', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
    await ann.at(nodes.there.url).says(bob, 'Sent elsewhere');
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
  });

  test('typing from another node ends when that says nothing more, and with a block', async () => {
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const bus = UnreliableBus.of(nodes.here);
    anns.emits('typing', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
    bus.loses(({ event }) => event === 'typingStatus');
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
    bus.restore();
    anns.emits('stopTyping', { recipientId: bob.id });
    anns.emits('typing', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
    await bob.blocks(ann);
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
  });

  test('a block counts at once on every node', async () => {
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    await bob.blocks(ann);
    dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Hidden' }));
    await bob.unblocks(ann);
    const { text } = dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Seen' }));
    await bobs.hears('receiveMessage', (message) => message.text === text);
    expect(heard(bobs)).toEqual(['Seen']);
  });

  test('both write as fast as they can: numbers, order and replies hold', async () => {
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const count = 200;
    const storm = (device: Device, to: Person) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          device.asks('sendMessage', {
            recipientId: to.id,
            text: `${index}`,
            clientMessageId: `${to.id}-${index}`,
          }),
        ),
      );
    const answers = await Promise.all([storm(anns, bob), storm(bobs, ann)]);
    const sent = answers.flat().map(dataOf);
    expect(sent.map(({ seq }) => seq).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 2 * count }, (_, index) => index + 1),
    );
    await eventually(() => heard(anns).length === count && heard(bobs).length === count);
    for (const device of [anns, bobs]) {
      expect(heard(device)).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
    }
  });

  test('a session that ends on one node ends on the other', async () => {
    const phone = await bob.connects();
    expect((await bob.post('/api/auth/logout')).status).toBe(204);
    expect(await phone.isDisconnected()).toBe('io server disconnect');
  });

  test('with Redis gone sends go on, people of one node hear each other, and the rest comes when it is back', async () => {
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const bobsHere = await bob.at(nodes.here.url).connects();
    await nodes.redis.kill();
    await eventually(() => nodes.areDegraded(true));
    const missed = ['1', '2', '3'];
    for (const text of missed) dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text }));
    await bobsHere.hears('receiveMessage', ({ text }) => text === '3');
    expect(heard(bobs)).toEqual([]);
    await nodes.redis.restart();
    await bobs.hears('receiveMessage', ({ text }) => text === '3');
    expect(heard(bobs)).toEqual(missed);
    await eventually(() => nodes.areDegraded(false));
    dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'live again' }));
    await bobs.hears('receiveMessage', ({ text }) => text === 'live again');
    bobsHere.close();
  });

  test('with Redis hanging one still connects, and sends', async () => {
    nodes.redis.hang();
    try {
      const [anns, bobsHere] = [await ann.connects(), await bob.at(nodes.here.url).connects()];
      dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Still here' }));
      await bobsHere.hears('receiveMessage');
      bobsHere.close();
    } finally {
      nodes.redis.wake();
    }
    await eventually(() => nodes.areDegraded(false));
  });
});
