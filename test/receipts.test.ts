import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ReceiptsRepository } from '../src/messages/receipts.repository.js';
import { Device } from './support/device.js';
import { type Person, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp({ HISTORY_BARE_LIMIT: '5' });
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
});
afterEach(() => {
  ann.leaves();
  bob.leaves();
});
afterAll(() => app.stop());

/** The statuses of the conversation as this person sees them, without moving anything. */
async function statuses(viewer: Person, other: Person): Promise<string[]> {
  return (await viewer.reads(other, '?limit=200')).map(({ status }) => status);
}

/** Ann says something to Bob so many times. */
async function sends(count: number): Promise<{ conversationId: string }> {
  for (let index = 1; index < count; index += 1) await ann.says(bob, `${index}`);
  return ann.says(bob, `${count}`);
}

describe('Delivered', () => {
  test.each([
    ['websocket', ['websocket' as const]],
    ['polling', ['polling' as const]],
    ['upgrade', ['polling' as const, 'websocket' as const]],
  ])('by heartbeat, over %s: a client that confirms nothing gives a true status', async (_, transports) => {
    const anns = await ann.connects();
    await bob.connects({ transports });
    const message = await ann.says(bob, 'Hi');
    expect(await anns.hears('messageStatus')).toEqual({
      conversationId: message.conversationId,
      userId: bob.id,
      status: 'delivered',
      seq: 1,
      at: expect.stringMatching(/Z$/),
    });
    expect(await statuses(ann, bob)).toEqual(['delivered']);
  });

  test('a burst is confirmed to its end', async () => {
    const [anns] = await Promise.all([ann.connects(), bob.connects()]);
    await Promise.all(Array.from({ length: 50 }, (_, index) => ann.says(bob, `${index}`)));
    await anns.hears('messageStatus', ({ seq }) => seq === 50);
    expect(new Set(await statuses(ann, bob))).toEqual(new Set(['delivered']));
  });

  test('is not said of a message that a connection was not given', async () => {
    await sends(2);
    const anns = await ann.connects();
    await bob.connectsWithoutReplay();
    // The two before were given to nobody, so the third one proves nothing.
    await ann.says(bob, '3');
    const carl = await friends(app.url);
    const carls = await carl.ann.connects();
    await carl.bob.connects();
    await carl.ann.says(carl.bob, 'a later heartbeat');
    await carls.hears('messageStatus');
    expect(anns.all('messageStatus')).toEqual([]);
    expect(await statuses(ann, bob)).toEqual(['sent', 'sent', 'sent']);
    carl.ann.leaves();
    carl.bob.leaves();
  });

  test('by messageDelivered, up to and including', async () => {
    const { conversationId } = await sends(3);
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connectsWithoutReplay()]);
    expect(await bobs.asks('messageDelivered', { conversationId, seq: 2 })).toEqual({
      success: true,
      data: null,
    });
    expect(await anns.hears('messageStatus')).toMatchObject({ status: 'delivered', seq: 2, userId: bob.id });
    expect(await statuses(ann, bob)).toEqual(['delivered', 'delivered', 'sent']);
    // Backwards changes nothing.
    await bobs.asks('messageDelivered', { conversationId, seq: 1 });
    expect(await statuses(ann, bob)).toEqual(['delivered', 'delivered', 'sent']);
  });

  test('by a fetch that begins where what was delivered ends, and to the last one given', async () => {
    await sends(6);
    await bob.reads(ann, '?after=3');
    expect(await statuses(ann, bob)).toEqual(Array.from({ length: 6 }, () => 'sent'));
    await bob.reads(ann, '?after=0&limit=2');
    expect((await statuses(ann, bob)).filter((status) => status === 'delivered')).toHaveLength(2);
    await bob.reads(ann, '?after=2');
    expect(await statuses(ann, bob)).toEqual(Array.from({ length: 6 }, () => 'delivered'));
  });

  test('own messages in between are no hole', async () => {
    await sends(2);
    await bob.reads(ann, '?limit=50');
    await bob.says(ann, 'mine');
    await ann.says(bob, 'yours');
    await bob.reads(ann, '?after=3');
    expect((await ann.reads(bob, '?after=3'))[0]?.status).toBe('delivered');
  });

  test('HEAD and other people’s pages move nothing', async () => {
    await sends(1);
    await fetch(`${app.url}/api/messages/${ann.id}`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${bob.token}` },
    });
    await ann.reads(bob);
    expect(await statuses(ann, bob)).toEqual(['sent']);
  });
});

describe('Read', () => {
  test('by opening the conversation in the specification’s own form', async () => {
    const anns = await ann.connects();
    const bobsOther = await bob.connects({ auth: { token: bob.token } });
    await sends(2);
    expect((await bob.reads(ann)).map(({ status }) => status)).toEqual(['read', 'read']);
    expect(await anns.hears('messageStatus', ({ status }) => status === 'read')).toMatchObject({
      seq: 2,
      userId: bob.id,
    });
    expect(await bobsOther.hears('messageStatus')).toMatchObject({ status: 'read', seq: 2, userId: bob.id });
    expect(await statuses(ann, bob)).toEqual(['read', 'read']);
  });

  test('opening shows the newest only, so what lies before stays unread until it is fetched', async () => {
    await sends(8);
    await bob.reads(ann);
    expect((await statuses(ann, bob)).every((status) => status === 'sent')).toBe(true);
    await bob.reads(ann, '?after=0');
    await bob.reads(ann);
    expect((await statuses(ann, bob)).every((status) => status === 'read')).toBe(true);
  });

  test('by messageRead, which implies delivered, and tells the reader’s other devices', async () => {
    const { conversationId } = await sends(2);
    const [anns, phone, laptop] = await Promise.all([
      ann.connects(),
      bob.connectsWithoutReplay(),
      bob.connectsWithoutReplay(),
    ]);
    await phone.asks('messageRead', { conversationId, seq: 1 });
    expect(await anns.hears('messageStatus')).toMatchObject({ status: 'read', seq: 1 });
    expect(await laptop.hears('messageStatus')).toMatchObject({ status: 'read', seq: 1, userId: bob.id });
    await phone.catchesUp();
    expect(phone.all('messageStatus')).toEqual([]);
    expect(await statuses(ann, bob)).toEqual(['read', 'sent']);
  });

  test('by PUT, which gives what is still unread', async () => {
    await sends(3);
    await bob.says(ann, 'mine');
    const put = (seq: unknown) => bob.put(`/api/conversations/${ann.id}/read`, { seq });
    expect(await put(2)).toMatchObject({ status: 200, body: { success: true, unreadCount: 1 } });
    expect(await put(1)).toMatchObject({ status: 200, body: { success: true, unreadCount: 1 } });
    expect(await put(4)).toMatchObject({ status: 200, body: { success: true, unreadCount: 0 } });
    expect(await put(5)).toMatchObject({ status: 400, body: { code: 'seq_out_of_range' } });
    expect(await put('1')).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await bob.put(`/api/conversations/${'f'.repeat(24)}/read`, { seq: 1 })).toMatchObject({
      status: 404,
    });
    expect(await bob.put(`/api/conversations/${bob.id}/read`, { seq: 1 })).toMatchObject({
      body: { code: 'to_oneself' },
    });
  });

  test('a burst of 1,000 costs a few writes', async () => {
    const { conversationId } = await sends(200);
    const bobs = await bob.connects();
    const writes = jest.spyOn(ReceiptsRepository.prototype, 'advance');
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        bobs.asks('messageRead', { conversationId, seq: (index % 200) + 1 }),
      ),
    );
    expect(writes.mock.calls.length).toBeLessThan(20);
    writes.mockRestore();
    expect((await ann.reads(bob, '?after=199'))[0]?.status).toBe('read');
  });

  test('of a foreign conversation, one that is not there, or above the last number is refused', async () => {
    const { conversationId } = await sends(1);
    const { ann: eve } = await friends(app.url);
    const [eves, bobs] = await Promise.all([eve.connects(), bob.connectsWithoutReplay()]);
    for (const event of ['messageRead', 'messageDelivered'] as const) {
      expect(await eves.asks(event, { conversationId, seq: 1 })).toMatchObject({ code: 'not_found' });
      expect(await eves.asks(event, { conversationId: 'f'.repeat(24), seq: 1 })).toMatchObject({
        code: 'not_found',
      });
      expect(await bobs.asks(event, { conversationId, seq: 2 })).toMatchObject({ code: 'seq_out_of_range' });
      expect(await bobs.asks(event, { conversationId, seq: 0 })).toMatchObject({ code: 'validation_failed' });
    }
    expect(await statuses(ann, bob)).toEqual(['sent']);
    eve.leaves();
  });
});

describe('Across a block', () => {
  test('what the other sees stands still, one’s own goes on, and after unblocking it catches up', async () => {
    const { conversationId } = await sends(2);
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connectsWithoutReplay()]);
    await bob.blocks(ann);
    const hidden = await ann.says(bob, 'hidden');
    await bobs.asks('messageRead', { conversationId, seq: 2 });
    expect(await bobs.asks('messageRead', { conversationId, seq: hidden.seq })).toMatchObject({
      code: 'seq_out_of_range',
    });
    await anns.catchesUp();
    expect(anns.all('messageStatus')).toEqual([]);
    expect(await statuses(ann, bob)).toEqual(['sent', 'sent', 'sent']);
    expect(await statuses(bob, ann)).toEqual(['read', 'read']);

    await bob.unblocks(ann);
    expect(await statuses(ann, bob)).toEqual(['sent', 'sent', 'sent']);
    await ann.says(bob, 'after');
    await bob.reads(ann);
    await anns.hears('messageStatus', ({ status, seq }) => status === 'read' && seq === 4);
    expect(await statuses(ann, bob)).toEqual(['read', 'read', 'read', 'read']);
  });
});

test('a device of somebody else confirms nothing for Bob', async () => {
  await sends(1);
  const device = Device.open(app.url, { auth: { token: ann.token } });
  await device.hears('ready');
  await device.catchesUp();
  expect(await statuses(ann, bob)).toEqual(['sent']);
  device.close();
});
