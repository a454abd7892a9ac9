import { expect } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import type { Person } from '../../support/person.js';
import type { Device } from '../../support/device.js';
import type { Synced } from '../../support/replica.js';
import type { Case, Row } from '../cells.js';
import { type Devices, isOffline, type Look, looks, payloadsOf, type Scene } from '../scene.js';
import { entryOf } from '../views.js';

/** One of the two, and how the other looks to them. */
interface Side {
  viewer: (scene: Scene) => Person;
  subject: (scene: Scene) => Person;
  /** The devices that hear of it, and those of the other. */
  viewers: (devices: Devices) => Device[];
  subjects: (devices: Devices) => Device[];
}

const ann = (scene: Scene) => scene.ann;
const bob = (scene: Scene) => scene.bob;
const anns = ({ phone, laptop }: Devices) => [phone, laptop];
const bobs = ({ desk, tablet }: Devices) => [desk, tablet];
const OF_BLOCKER: Side = { viewer: ann, subject: bob, viewers: anns, subjects: bobs };
const OF_BLOCKED: Side = { viewer: bob, subject: ann, viewers: bobs, subjects: anns };

/** How the friend looks wherever their presence is told: everywhere the same. */
async function everywhere(viewer: Person, subject: Person): Promise<Look> {
  const look = await looks(viewer, subject);
  const entry = await entryOf(viewer, subject);
  const { body } = await viewer.post<Synced>('/api/sync', { conversations: {}, people: '' });
  expect(entry?.otherUser).toMatchObject(look);
  expect(body.people?.friends.find(({ _id }) => _id === subject.id)).toMatchObject(look);
  return look;
}

/** Whatever the person does, they look as before: devices go and come, they write to others and change their name. */
async function standsStill(scene: Scene, side: Side, devices: Devices): Promise<void> {
  const [viewer, subject] = [side.viewer(scene), side.subject(scene)];
  const before = await everywhere(viewer, subject);
  await scene.startsListening();
  await subject.get('/api/friends');
  await (await subject.connects()).catchesUp();
  for (const device of side.subjects(devices)) device.close();
  for (const device of subject.devices) device.close();
  await subject.patch('/api/users/me', { photoURL: 'https://example.org/new.png' });
  await (await subject.connects()).catchesUp();
  for (const device of side.viewers(devices)) expect(await scene.heard(device)).toEqual([]);
  expect(await everywhere(viewer, subject)).toEqual(before);
}

function presence(side: Side, block: (scene: Scene) => Promise<Devices>): [Case, ...Case[]] {
  return [
    {
      name: 'someone who is online',
      orders: ['open'],
      check: async (scene) => {
        const [viewer, subject] = [side.viewer(scene), side.subject(scene)];
        await scene.wrote(scene.ann);
        const begun = Date.now();
        const devices = await block(scene);
        const ended = Date.now();
        const [told, toldToo] = await Promise.all(side.viewers(devices).map(isOffline));
        expect(told).toEqual({ userId: subject.id, isOnline: false, lastSeen: expect.any(String) });
        expect(toldToo).toEqual(told);
        const at = Date.parse(told?.lastSeen ?? '');
        expect(at >= begun && at <= ended).toBe(true);
        const lastSeen = told?.lastSeen ?? null;
        expect(await everywhere(viewer, subject)).toEqual({ isOnline: false, lastSeen });
        await standsStill(scene, side, devices);
        const statuses = side.viewers(devices)[0]?.all('userStatus') ?? [];
        expect(statuses.filter(({ userId, isOnline }) => userId === subject.id && !isOnline)).toEqual([told]);
      },
    },
    {
      name: 'someone who was never online',
      orders: ['later'],
      check: async (scene) => {
        await scene.wrote(scene.ann);
        const devices = await block(scene);
        expect(await everywhere(side.viewer(scene), side.subject(scene))).toEqual({
          isOnline: false,
          lastSeen: null,
        });
        await standsStill(scene, side, devices);
      },
    },
    {
      name: 'someone who went offline before',
      orders: ['later'],
      check: async (scene) => {
        const [viewer, subject] = [side.viewer(scene), side.subject(scene)];
        await scene.wrote(scene.ann);
        (await subject.connects()).close();
        await eventually(async () => {
          const { isOnline, lastSeen } = await looks(viewer, subject);
          return !isOnline && lastSeen !== null;
        });
        const before = await everywhere(viewer, subject);
        const devices = await block(scene);
        expect(await everywhere(viewer, subject)).toEqual(before);
        await standsStill(scene, side, devices);
      },
    },
    {
      name: 'within the grace',
      orders: ['open'],
      isWithinGrace: true,
      check: async (scene) => {
        const [viewer, subject] = [side.viewer(scene), side.subject(scene)];
        await scene.wrote(scene.ann);
        const before = await everywhere(viewer, subject);
        expect(before.isOnline).toBe(true);
        const devices = await block(scene);
        expect(await everywhere(viewer, subject)).toEqual(before);
        for (const device of side.subjects(devices)) device.close();
        expect(await everywhere(viewer, subject)).toEqual(before);
        const heard = await scene.heard(side.viewers(devices)[0] as Device);
        expect(payloadsOf(heard, 'userStatus')).toEqual([]);
      },
    },
    {
      name: 'someone who is typing',
      orders: ['open'],
      check: async (scene) => {
        const [viewer, subject] = [side.viewer(scene), side.subject(scene)];
        const [device] = side.subjects(scene.early as Devices);
        await device?.asks('typing', { recipientId: viewer.id });
        for (const hearer of side.viewers(scene.early as Devices)) {
          await hearer.hears('typingStatus', ({ isTyping }) => isTyping);
        }
        const devices = await block(scene);
        await device?.asks('typing', { recipientId: viewer.id });
        for (const hearer of side.viewers(devices)) {
          await hearer.catchesUp();
          expect(hearer.all('typingStatus')).toEqual([
            { senderId: subject.id, isTyping: true },
            { senderId: subject.id, isTyping: false },
          ]);
        }
      },
    },
  ];
}

/** The same holds for those who are offline: they are tried with one block. */
function isForBoth({ orders }: Case): boolean {
  return orders?.includes('open') ?? true;
}

const oneBlock = (scene: Scene) => scene.block();
const bothBlocks = (scene: Scene) => scene.blockBoth();

/** Who is online, who was when, and who is typing at the moment of the block. */
export const presenceRows: Row[] = [
  {
    what: 'presence',
    threat: 78,
    blocked: {
      says: 'B goes offline like anyone: after the grace period, `lastSeen` the moment of the block if B was online, else unchanged, and stands still; a shown typing ends',
      cases: presence(OF_BLOCKER, oneBlock),
    },
    blocker: { says: 'the same of A', cases: presence(OF_BLOCKED, oneBlock) },
    both: {
      says: 'each of the other as with the first block, and as long as one of the two stands',
      cases: [
        {
          name: 'while one of two blocks stands',
          check: async (scene) => {
            await scene.wrote(scene.ann);
            const { phone, desk } = await scene.blockBoth();
            await scene.untilOffline();
            const before = [await everywhere(scene.ann, scene.bob), await everywhere(scene.bob, scene.ann)];
            await scene.startsListening();
            await scene.bob.unblocks(scene.ann);
            await scene.isQuiet(phone);
            expect(payloadsOf(await scene.heard(desk), 'userStatus')).toEqual([]);
            const after = [await everywhere(scene.ann, scene.bob), await everywhere(scene.bob, scene.ann)];
            expect(after).toEqual(before);
          },
        },
        ...presence(OF_BLOCKER, bothBlocks).filter(isForBoth),
        ...presence(OF_BLOCKED, bothBlocks).filter(isForBoth),
      ],
    },
  },
];
