import { expect } from '@jest/globals';
import type { Person } from '../../support/person.js';
import type { Row } from '../cells.js';
import type { Devices } from '../scene.js';
import { seenBy, type View } from '../views.js';

/** The other as they are found in the lists: friends and search, and the name beside the conversation. */
function cardsIn({ friends, found, conversation }: View, other: Person): unknown {
  const friend = friends.find(({ _id }) => _id === other.id);
  return {
    friend: friend && { name: friend.name, photoURL: friend.photoURL },
    found,
    inInbox: conversation && {
      name: conversation.otherUser.name,
      photoURL: conversation.otherUser.photoURL,
    },
  };
}

/** Where a person's own settings are told. */
function isBlockedIn({ metadata, conversation, sync }: View): (boolean | undefined)[] {
  return [
    (metadata as { isBlocked: boolean }).isBlocked,
    conversation?.metadata.isBlocked,
    sync.conversations[0]?.metadata.isBlocked,
  ];
}

const YES = [true, true, true];
const NO = [false, false, false];

/** The other is still there, with a name and a picture that change when they change. */
async function isThere(viewer: Person, other: Person, before: View, devices: Devices): Promise<View> {
  const device = viewer.devices.find((one) => Object.values(devices).includes(one)) ?? devices.phone;
  const view = await seenBy(viewer, other, device);
  expect(cardsIn(view, other)).toEqual(cardsIn(before, other));
  const photoURL = 'https://example.org/new.png';
  const { body } = await other.patch<{ user: { name: string } }>('/api/users/me', { photoURL });
  expect(cardsIn(await seenBy(viewer, other, device), other)).toEqual({
    friend: { name: body.user.name, photoURL },
    found: {
      success: true,
      users: [{ _id: other.id, name: body.user.name, photoURL, relationship: 'friend' }],
    },
    inInbox: { name: body.user.name, photoURL },
  });
  return view;
}

/** What lists say of the other. */
export const listRows: Row[] = [
  {
    what: 'friends list, search, profile',
    threat: 78,
    blocked: {
      says: "unchanged: B is a friend with the same name and picture, `metadata.isBlocked` is A's own and stays false; no event",
      cases: [
        {
          name: 'whatever is fetched',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.wrote(ann);
            const look = scene.early?.phone ?? (await ann.connects());
            const before = await seenBy(ann, bob, look);
            const devices = await scene.block();
            await scene.isQuiet(devices.phone, devices.laptop);
            expect(isBlockedIn(await isThere(ann, bob, before, devices))).toEqual(NO);
            await scene.isQuiet(devices.phone, devices.laptop);
            const pinned = await ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true });
            expect(pinned).toMatchObject({ status: 200, body: { isPinned: true, isBlocked: false } });
            await scene.isQuiet(devices.desk, devices.tablet);
          },
        },
      ],
    },
    blocker: {
      says: "unchanged; `metadata.isBlocked: true`, on all of B's devices (`conversationUpdated`)",
      cases: [
        {
          name: 'whatever is fetched',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.wrote(ann);
            const look = scene.early?.desk ?? (await bob.connects());
            const before = await seenBy(bob, ann, look);
            const devices = await scene.block();
            expect(isBlockedIn(await isThere(bob, ann, before, devices))).toEqual(YES);
            const { body: metadata } = await bob.get(`/api/conversations/${ann.id}/metadata`);
            const hearers = scene.early ? [devices.desk, devices.tablet] : [look];
            for (const device of hearers) expect(await device.hears('conversationUpdated')).toEqual(metadata);
          },
        },
      ],
    },
    both: {
      says: 'unchanged for each, `metadata.isBlocked: true` for each',
      cases: [
        {
          name: 'whatever is fetched',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.wrote(ann);
            const views = [
              await seenBy(ann, bob, scene.early?.phone ?? (await ann.connects())),
              await seenBy(bob, ann, scene.early?.desk ?? (await bob.connects())),
            ] as const;
            const devices = await scene.blockBoth();
            expect(isBlockedIn(await isThere(bob, ann, views[1], devices))).toEqual(YES);
            expect(isBlockedIn(await isThere(ann, bob, views[0], devices))).toEqual(YES);
          },
        },
      ],
    },
  },
];
