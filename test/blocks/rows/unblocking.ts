import { expect } from '@jest/globals';
import type { Message } from '../../../src/realtime/wire.js';
import type { Case, Row } from '../cells.js';
import { dataOf } from '../../support/person.js';
import { eventually } from '../../support/eventually.js';
import type { Synced } from '../../support/replica.js';
import { type Devices, isOffline, isOnline, looks, placeOf, type Scene } from '../scene.js';
import { entryOf, seenBy, statusesFor } from '../views.js';
import { READING, RECEIVING } from '../ways.js';

/** A message of Ann's that has arrived before the block, so that no replay or heartbeat tells of it later. */
async function arrives(scene: Scene): Promise<Message> {
  const message = await scene.wrote(scene.ann);
  await scene.bob.reads(scene.ann, '?limit=10');
  return message;
}

/**
 * Bob receives or reads once he has unblocked Ann. What she sees goes on then, not before, and covers what she wrote
 * behind the block: he is as far as if it had gone to him.
 */
const catchesUp: Case[] = RECEIVING.map(([name, receives]) => ({
  name: `receipts go on with ${name}`,
  check: async (scene) => {
    const { ann, bob } = scene;
    const message = await arrives(scene);
    const { phone, laptop, desk } = await scene.block();
    const hidden = await ann.says(bob, 'hidden');
    const before = await statusesFor(ann, bob);
    await bob.unblocks(ann);
    expect(await statusesFor(ann, bob)).toEqual(before);
    for (const device of [phone, laptop]) expect(device.all('messageStatus').at(-1)?.seq ?? 1).toBe(1);

    await receives({ person: bob, device: desk }, ann, placeOf(message));
    const status = READING.some(([reading]) => reading === name) ? 'read' : 'delivered';
    expect(await statusesFor(ann, bob)).toEqual([status, status]);
    for (const device of [phone, laptop]) {
      const told = await device.hears('messageStatus', ({ seq }) => seq === hidden.seq);
      expect(told).toMatchObject({ userId: bob.id, status });
    }
  },
}));

/** What he received and read behind the block shows with whatever he does next, too. */
const showsBy: Case[] = RECEIVING.map(([name, receives]) => ({
  name: `what B read behind the block shows with ${name}`,
  check: async (scene) => {
    const { ann, bob } = scene;
    const message = await arrives(scene);
    const { desk } = await scene.block();
    const before = await statusesFor(ann, bob);
    dataOf(await desk.asks('messageRead', placeOf(message)));
    await bob.unblocks(ann);
    expect(await statusesFor(ann, bob)).toEqual(before);
    await receives({ person: bob, device: desk }, ann, placeOf(message));
    expect(await statusesFor(ann, bob)).toEqual(['read']);
  },
}));

/** Presence and typing are back for both, as they truly are. */
async function isBack(scene: Scene, { phone, laptop, desk, tablet }: Devices): Promise<void> {
  const { ann, bob } = scene;
  const told = await Promise.all([phone, laptop, desk, tablet].map(isOnline));
  expect(told.map(({ userId }) => userId)).toEqual([bob.id, bob.id, ann.id, ann.id]);
  expect(await looks(ann, bob)).toMatchObject({ isOnline: true });
  expect(await looks(bob, ann)).toMatchObject({ isOnline: true });
  await desk.asks('typing', { recipientId: ann.id });
  await phone.asks('typing', { recipientId: bob.id });
  for (const device of [phone, laptop, desk, tablet]) {
    await device.hears('typingStatus', ({ isTyping }) => isTyping);
  }
}

/** Until none is left over from before. */
async function untilHidden(scene: Scene, devices: Devices): Promise<void> {
  await scene.untilOffline();
  if (scene.early) await Promise.all(Object.values(devices).map(isOffline));
  for (const device of [devices.phone, devices.laptop]) {
    if (scene.early) continue;
    expect(device.all('userStatus')).toEqual([]);
  }
}

/** The block is lifted. */
export const unblockingRows: Row[] = [
  {
    what: 'B unblocks',
    threat: 79,
    blocked: {
      says: "presence and typing come back; what A sees of B's receipts goes on with B's next fetch, heartbeat or read, and then covers the hidden ones too",
      cases: [
        {
          name: 'presence and typing come back',
          check: async (scene) => {
            const devices = await scene.block();
            await untilHidden(scene, devices);
            await scene.bob.unblocks(scene.ann);
            await isBack(scene, devices);
          },
        },
        {
          name: 'someone who went meanwhile',
          check: async (scene) => {
            const { ann, bob } = scene;
            const devices = await scene.block();
            await untilHidden(scene, devices);
            const before = await looks(ann, bob);
            const begun = Date.now();
            devices.desk.close();
            devices.tablet.close();
            const carl = await bob.connects();
            carl.close();
            await bob.unblocks(ann);
            await eventually(async () => !(await looks(ann, bob)).isOnline);
            const after = await looks(ann, bob);
            expect(after.lastSeen).not.toBe(before.lastSeen);
            expect(Date.parse(after.lastSeen ?? '')).toBeGreaterThanOrEqual(begun);
            await devices.phone.hears('userStatus', ({ lastSeen }) => lastSeen === after.lastSeen);
          },
        },
        ...catchesUp,
        ...showsBy,
        {
          name: 'receipts go on with a heartbeat',
          check: async (scene) => {
            const { ann, bob } = scene;
            const message = await arrives(scene);
            const { phone, laptop, desk } = await scene.block();
            await desk.asks('messageDelivered', placeOf(message));
            await ann.says(bob, 'hidden');
            const before = await statusesFor(ann, bob);
            await bob.unblocks(ann);
            expect(await statusesFor(ann, bob)).toEqual(before);
            const { seq } = await ann.says(bob, 'after');
            for (const device of [phone, laptop]) {
              const told = await device.hears('messageStatus', (status) => status.seq === seq);
              expect(told).toMatchObject({ userId: bob.id, status: 'delivered' });
            }
            expect(await statusesFor(ann, bob)).toEqual(['delivered', 'delivered', 'delivered']);
          },
        },
      ],
    },
    blocker: {
      says: 'only what is sent from now on',
      cases: [
        {
          name: 'live, and whatever is fetched',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.wrote(ann);
            const { desk, tablet } = await scene.block();
            const synced = await bob.post<Synced>('/api/sync', { conversations: {} });
            const tokens = Object.fromEntries(
              synced.body.conversations.map(({ conversationId, token }) => [conversationId, token]),
            );
            await ann.says(bob, 'a secret', 'k1');
            await bob.unblocks(ann);
            expect(JSON.stringify(await seenBy(bob, ann, desk))).not.toContain('secret');
            const repeated = await ann.posts(bob, 'a secret', 'k1');
            expect(repeated).toMatchObject({ status: 200, body: { seq: 2 } });
            const after = await ann.says(bob, 'after');
            for (const device of [desk, tablet]) {
              const live = await device.hears('receiveMessage', ({ text }) => text !== 'before');
              expect(live).toMatchObject({ _id: after._id, seq: 3 });
            }
            const view = await seenBy(bob, ann, desk);
            expect(view.history.map(({ text }) => text)).toEqual(['before', 'after']);
            expect(view.unread).toMatchObject({ total: 2 });
            expect(JSON.stringify(view)).not.toContain('secret');
            const missed = await bob.post<Synced>('/api/sync', { conversations: tokens });
            expect(missed.body.conversations[0]?.messages.map(({ text }) => text)).toEqual(['after']);
            expect(JSON.stringify(await bob.reads(ann))).not.toContain('secret');
            for (const device of bob.devices) {
              await device.catchesUp();
              expect(JSON.stringify(device.seen)).not.toContain('secret');
            }
          },
        },
        {
          name: 'a device that connects',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.block();
            await ann.says(bob, 'a secret');
            await bob.unblocks(ann);
            const one = await bob.connects();
            await ann.says(bob, 'after');
            await one.hears('receiveMessage', ({ text }) => text === 'after');
            const two = await bob.connects();
            await two.catchesUp();
            for (const device of [one, two]) expect(JSON.stringify(device.seen)).not.toContain('secret');
          },
        },
        {
          name: 'hidden ones do not count',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.block();
            for (let index = 0; index < 3; index += 1) await ann.says(bob, 'a secret');
            await bob.unblocks(ann);
            expect(await entryOf(bob, ann)).toMatchObject({ lastSeq: 0, unreadCount: 0, lastMessage: null });
            await ann.says(bob, 'after');
            expect(await entryOf(bob, ann)).toMatchObject({ lastSeq: 4, unreadCount: 1 });
          },
        },
      ],
    },
    both: {
      says: "nothing comes back while A's block stands; all of it when A unblocks too",
      cases: [
        {
          name: 'one after the other',
          check: async (scene) => {
            const { ann, bob } = scene;
            const devices = await scene.blockBoth();
            await untilHidden(scene, devices);
            await bob.unblocks(ann);
            await scene.startsListening();
            await devices.phone.asks('typing', { recipientId: bob.id });
            await devices.desk.asks('typing', { recipientId: ann.id });
            expect((await ann.posts(bob, 'refused')).body.code).toBe('recipient_blocked');
            expect((await bob.posts(ann, 'a secret')).status).toBe(201);
            await scene.isQuiet(devices.phone, devices.laptop);
            // What Bob sends is behind Ann's block now.
            const events = [...(await scene.heard(devices.desk)), ...(await scene.heard(devices.tablet))];
            expect(events.map(({ event }) => event)).toEqual(['messageSent', 'messageSent']);
            expect([(await looks(ann, bob)).isOnline, (await looks(bob, ann)).isOnline]).toEqual([
              false,
              false,
            ]);
            await devices.phone.asks('stopTyping', { recipientId: bob.id });
            await devices.desk.asks('stopTyping', { recipientId: ann.id });
            await ann.unblocks(bob);
            await isBack(scene, devices);
            await bob.says(ann, 'after');
            const live = await devices.laptop.hears('receiveMessage');
            expect(live).toMatchObject({ text: 'after', seq: 2 });
          },
        },
      ],
    },
  },
];
