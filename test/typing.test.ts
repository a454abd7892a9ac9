import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Device } from './support/device.js';
import { Person, dataOf, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
let bob: Person;
let anns: Device;
let bobs: Device;

beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
  [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
});
afterEach(() => {
  ann.leaves();
  bob.leaves();
});
afterAll(() => app.stop());

const shown = () => ({ senderId: ann.id, isTyping: true });
const ended = () => ({ senderId: ann.id, isTyping: false });

describe('Typing', () => {
  test('is shown once, and ends by stopTyping', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    await anns.asks('typing', { recipientId: bob.id });
    await anns.asks('stopTyping', { recipientId: bob.id });
    await anns.asks('stopTyping', { recipientId: bob.id });
    await bobs.catchesUp();
    expect(bobs.all('typingStatus')).toEqual([shown(), ended()]);
  });

  test('ends by itself after 6 s without renewal', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    expect(await bobs.hears('typingStatus')).toEqual(shown());
    expect(await bobs.hears('typingStatus')).toEqual(ended());
  });

  test('ends when the message is sent, before the message comes', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Hi' }));
    await bobs.hears('receiveMessage');
    expect(bobs.seen.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['typingStatus', 'typingStatus', 'receiveMessage']),
    );
    expect(bobs.seen.at(-1)?.event).toBe('receiveMessage');
    expect(bobs.all('typingStatus')).toEqual([shown(), ended()]);
  });

  test('ends when the typist disconnects', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    anns.close();
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
    expect(bobs.all('typingStatus')).toEqual([shown(), ended()]);
  });

  test('is not left shown by one who types and goes in the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const device = await ann.connects();
      device.emits('typing', { recipientId: bob.id });
      device.close();
    }
    await anns.asks('stopTyping', { recipientId: bob.id });
    const message = await ann.says(bob, 'Hi');
    await bobs.hears('receiveMessage', ({ _id }) => _id === message._id);
    expect(bobs.all('typingStatus').at(-1)?.isTyping ?? false).toBe(false);
  });

  test('that another device renews goes on when the first one leaves', async () => {
    const laptop = await ann.connects();
    await anns.asks('typing', { recipientId: bob.id });
    await laptop.asks('typing', { recipientId: bob.id });
    anns.close();
    await anns.isDisconnected();
    await laptop.catchesUp();
    await bobs.catchesUp();
    expect(bobs.all('typingStatus')).toEqual([shown()]);
  });

  test('typing and stopTyping without waiting never leave it shown', async () => {
    for (let round = 0; round < 20; round += 1) {
      anns.emits('typing', { recipientId: bob.id });
      anns.emits('stopTyping', { recipientId: bob.id });
    }
    await anns.catchesUp();
    await bobs.catchesUp();
    const states = bobs.all('typingStatus').map(({ isTyping }) => isTyping);
    expect(states.filter((isTyping) => isTyping)).toHaveLength(states.filter((isTyping) => !isTyping).length);
  });

  test('to a stranger, to nobody and to oneself it goes nowhere', async () => {
    const carl = await Person.signUp(app.url, 'Carl');
    const carls = await carl.connects();
    for (const recipientId of [carl.id, 'f'.repeat(24), ann.id]) {
      expect(await anns.asks('typing', { recipientId })).toEqual({ success: true, data: null });
    }
    await carls.catchesUp();
    expect(carls.all('typingStatus')).toEqual([]);
    carl.leaves();
  });

  test('across a block it goes nowhere in either direction, and a shown one ends', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    await bobs.asks('typing', { recipientId: ann.id });
    await bob.blocks(ann);
    expect(await anns.asks('typing', { recipientId: bob.id })).toEqual({ success: true, data: null });
    expect(await bobs.asks('typing', { recipientId: ann.id })).toEqual({ success: true, data: null });
    await Promise.all([anns.catchesUp(), bobs.catchesUp()]);
    expect(bobs.all('typingStatus').map(({ isTyping }) => isTyping)).toEqual([true, false]);
    expect(anns.all('typingStatus').map(({ isTyping }) => isTyping)).toEqual([true, false]);

    await bob.unblocks(ann);
    await anns.asks('typing', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
  });

  test('the end of the friendship ends it', async () => {
    await anns.asks('typing', { recipientId: bob.id });
    await bob.delete(`/api/friends/${ann.id}`);
    await bobs.catchesUp();
    expect(bobs.all('typingStatus')).toEqual([shown(), ended()]);
  });
});
