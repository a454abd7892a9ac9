import { expect } from '@jest/globals';
import type { Row } from '../cells.js';
import { entryOf } from '../views.js';
import { onBoth, WAYS } from '../ways.js';

const success = { success: true, data: null };

/** What A does beside sending. */
export const deedRows: Row[] = [
  {
    what: 'A types, or stops',
    threat: 78,
    blocked: {
      says: 'success',
      cases: [
        {
          name: 'by socket',
          check: async (scene) => {
            const { phone, laptop } = await scene.block();
            const recipientId = scene.bob.id;
            expect(await phone.asks('typing', { recipientId })).toEqual(success);
            expect(await phone.asks('stopTyping', { recipientId })).toEqual(success);
            await scene.isQuiet(phone, laptop);
          },
        },
      ],
    },
    blocker: {
      says: 'no event',
      cases: [
        {
          name: 'by socket',
          check: async (scene) => {
            const recipientId = scene.bob.id;
            const { phone, desk, tablet } = await scene.block();
            await phone.asks('typing', { recipientId });
            await phone.asks('typing', { recipientId });
            await phone.asks('stopTyping', { recipientId });
            await phone.asks('typing', { recipientId });
            await WAYS.socket.sends({ person: scene.ann, device: phone }, scene.bob);
            await phone.asks('typing', { recipientId });
            phone.close();
            await scene.isQuiet(desk, tablet);
          },
        },
      ],
    },
    both: {
      says: 'success and no event, either way',
      cases: [
        {
          name: 'by socket',
          check: async (scene) => {
            const { phone, laptop, desk, tablet } = await scene.blockBoth();
            for (const event of ['typing', 'stopTyping'] as const) {
              expect(await phone.asks(event, { recipientId: scene.bob.id })).toEqual(success);
              expect(await desk.asks(event, { recipientId: scene.ann.id })).toEqual(success);
            }
            await scene.isQuiet(phone, laptop, desk, tablet);
          },
        },
      ],
    },
  },
  {
    what: 'A reads what B wrote before',
    threat: 78,
    blocked: {
      says: "success; A's own read state and unread count go on, on all of A's devices",
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const message = await scene.wrote(bob);
        const { phone, laptop } = await scene.block();
        expect(await entryOf(ann, bob)).toMatchObject({ unreadCount: 1, read: { mine: 0 } });
        await way.reads({ person: ann, device: phone }, bob, message);
        const told = await laptop.hears('messageStatus', ({ status }) => status === 'read');
        expect(told).toMatchObject({ userId: ann.id, seq: 1 });
        expect(await entryOf(ann, bob)).toMatchObject({ unreadCount: 0, read: { mine: 1 } });
      }),
    },
    blocker: {
      says: 'no event',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const message = await scene.wrote(bob);
        const { phone, desk, tablet } = await scene.block();
        await way.reads({ person: ann, device: phone }, bob, message);
        await scene.isQuiet(desk, tablet);
      }),
    },
    both: {
      says: 'success and no event, either way',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        await scene.wrote(ann);
        const last = await scene.wrote(bob);
        const { phone, laptop, desk, tablet } = await scene.blockBoth();
        await way.reads({ person: ann, device: phone }, bob, last);
        await scene.isQuiet(desk, tablet);
        await laptop.hears('messageStatus', ({ userId, status }) => userId === ann.id && status === 'read');
        await scene.startsListening();
        await way.reads({ person: bob, device: desk }, ann, last);
        await scene.isQuiet(phone, laptop);
      }),
    },
  },
];
