import { expect } from '@jest/globals';
import type { Message } from '../../../src/realtime/wire.js';
import { dataOf } from '../../support/person.js';
import type { Row } from '../cells.js';
import type { Devices, Scene } from '../scene.js';
import { seenBy } from '../views.js';
import { CONTENTS, onBoth, WAYS } from '../ways.js';

/** Ann sends one of each kind by each transport; texts and attachments say "secret". */
async function sendsAll({ ann, bob }: Scene, { phone }: Devices): Promise<Message[]> {
  const sent: Message[] = [];
  for (const content of CONTENTS) {
    for (const way of Object.values(WAYS)) {
      sent.push(await way.sends({ person: ann, device: phone }, bob, content));
    }
  }
  return sent;
}

/** Messages, either way. */
export const sendingRows: Row[] = [
  {
    what: 'A sends, by HTTP or socket, with or without attachment',
    threat: 78,
    blocked: {
      says: '201 / success, `status: "sent"`, on all of A\'s devices, in A\'s history, conversation list and sync',
      cases: onBoth(async (scene, way, name) => {
        const { ann, bob } = scene;
        await scene.wrote(ann);
        const { phone, laptop } = await scene.block();
        for (const [index, content] of CONTENTS.entries()) {
          const message = await way.sends({ person: ann, device: phone }, bob, content);
          expect(message).toEqual({
            _id: expect.any(String),
            conversationId: expect.any(String),
            senderId: ann.id,
            recipientId: bob.id,
            text: '',
            ...content,
            createdAt: expect.any(String),
            status: 'sent',
            seq: index + 2,
          });
          expect(await laptop.hears('messageSent', ({ _id }) => _id === message._id)).toEqual(message);
          if (name === 'HTTP') await phone.hears('messageSent', ({ _id }) => _id === message._id);
          const view = await seenBy(ann, bob, phone);
          expect(view.history.at(-1)).toEqual(message);
          expect(view.conversation).toMatchObject({ lastMessage: message, lastSeq: message.seq });
          expect(view.sync.conversations[0]?.messages.at(-1)).toEqual(message);
        }
        // The device that sent it by socket has its answer, and nothing else is told.
        const events = (await scene.heard(phone)).map(({ event }) => event);
        expect(events.filter((event) => event !== 'userStatus')).toEqual(
          name === 'HTTP' ? CONTENTS.map(() => 'messageSent') : [],
        );
      }),
    },
    blocker: {
      says: 'never receives it: not live, not in history, conversation list, unread count, sync or replay; also not after unblocking',
      cases: [
        {
          name: 'live, and whatever is fetched',
          check: async (scene) => {
            const { ann, bob } = scene;
            await scene.wrote(ann);
            const devices = await scene.block();
            const { desk, tablet } = devices;
            await scene.untilOffline();
            await seenBy(bob, ann, desk);
            await scene.startsListening();
            const before = await seenBy(bob, ann, desk);
            expect(before.history).toHaveLength(1);
            await sendsAll(scene, devices);
            await scene.isQuiet(desk, tablet);
            expect(await seenBy(bob, ann, desk)).toEqual(before);
            expect(await bob.reads(ann)).toHaveLength(1);
            expect((await bob.get('/api/conversations/unread')).body).toMatchObject({ total: 0 });
            await scene.startsListening();
            await sendsAll(scene, devices);
            await scene.isQuiet(desk, tablet);
          },
        },
        {
          name: 'a conversation of nothing else',
          check: async (scene) => {
            const { ann, bob } = scene;
            const devices = await scene.block();
            await sendsAll(scene, devices);
            const view = await seenBy(bob, ann, devices.desk);
            expect(view).toMatchObject({ history: [], older: [], newer: [], unread: { total: 0 } });
            expect(view.conversation).toMatchObject({ lastMessage: null, lastSeq: 0, unreadCount: 0 });
          },
        },
        {
          name: 'what was sent before, repeated',
          check: async (scene) => {
            const { ann, bob } = scene;
            const { _id } = await ann.says(bob, 'before', 'k1');
            const { phone, desk, tablet } = await scene.block();
            const again = { recipientId: bob.id, text: 'before', clientMessageId: 'k1' };
            await scene.startsListening();
            expect(await ann.posts(bob, 'before', 'k1')).toMatchObject({ status: 200, body: { _id } });
            expect(dataOf(await phone.asks('sendMessage', again))).toMatchObject({ _id });
            await scene.isQuiet(desk, tablet);
          },
        },
        {
          name: 'a device that connects',
          check: async (scene) => {
            const { ann, bob } = scene;
            const devices = await scene.block();
            await sendsAll(scene, devices);
            const fresh = await bob.connects();
            await scene.isQuiet(devices.desk);
            await fresh.catchesUp();
            expect(fresh.all('receiveMessage')).toEqual([]);
            await bob.unblocks(ann);
            const later = await bob.connects();
            await later.catchesUp();
            expect(later.all('receiveMessage')).toEqual([]);
            expect(JSON.stringify(await seenBy(bob, ann, later))).not.toContain('secret');
          },
        },
      ],
    },
    both: {
      says: '403 `recipient_blocked` for each, and nothing is stored',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const { phone, laptop, desk, tablet } = await scene.blockBoth();
        expect(await way.isRefused({ person: ann, device: phone }, bob)).toBe('recipient_blocked');
        expect(await way.isRefused({ person: bob, device: desk }, ann)).toBe('recipient_blocked');
        await scene.isQuiet(phone, laptop, desk, tablet);
        expect([await ann.reads(bob), await bob.reads(ann)]).toEqual([[], []]);
      }),
    },
  },
  {
    what: 'B sends to A, or asks A for friendship',
    threat: 78,
    blocked: {
      says: 'nothing: no message, no request, no event',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const { phone, laptop, desk } = await scene.block();
        await scene.untilOffline();
        const before = await seenBy(ann, bob, phone);
        await way.isRefused({ person: bob, device: desk }, ann);
        await bob.post('/api/friends/requests', { userId: ann.id });
        await scene.isQuiet(phone, laptop);
        expect(await seenBy(ann, bob, phone)).toEqual(before);
      }),
    },
    blocker: {
      says: '403 `recipient_blocked`',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const { desk, tablet } = await scene.block();
        expect(await way.isRefused({ person: bob, device: desk }, ann)).toBe('recipient_blocked');
        const asked = await bob.post('/api/friends/requests', { userId: ann.id });
        expect(asked).toMatchObject({ status: 403, body: { code: 'recipient_blocked' } });
        await ann.delete(`/api/friends/${bob.id}`);
        expect(await way.isRefused({ person: bob, device: desk }, ann)).toBe('recipient_blocked');
        const again = await bob.post('/api/friends/requests', { userId: ann.id });
        expect(again).toMatchObject({ status: 403, body: { code: 'recipient_blocked' } });
        await scene.isQuiet(desk, tablet);
      }),
    },
    both: {
      says: '403 `recipient_blocked` for each',
      cases: onBoth(async (scene, way) => {
        const { ann, bob } = scene;
        const { phone, desk } = await scene.blockBoth();
        for (const [person, device, other] of [
          [ann, phone, bob],
          [bob, desk, ann],
        ] as const) {
          expect(await way.isRefused({ person, device }, other)).toBe('recipient_blocked');
          const asked = await person.post('/api/friends/requests', { userId: other.id });
          expect(asked).toMatchObject({ status: 403, body: { code: 'recipient_blocked' } });
        }
      }),
    },
  },
];
