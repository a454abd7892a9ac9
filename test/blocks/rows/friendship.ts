import { expect } from '@jest/globals';
import type { FriendRequest, Friend } from '../../../src/realtime/wire.js';
import type { ServerEvent } from '../../../src/realtime/client-events.js';
import type { HttpAnswer, Person } from '../../support/person.js';
import type { Case, Row } from '../cells.js';
import type { Devices, Scene } from '../scene.js';

type Asked = HttpAnswer<{ request: FriendRequest; friend?: Friend }>;
type Lists = { incoming: string[]; outgoing: string[]; friends: string[] };

const asks = (me: Person, other: Person, note?: string): Promise<Asked> =>
  me.post('/api/friends/requests', { userId: other.id, ...(note && { note }) });
const unfriends = (me: Person, other: Person) => me.delete(`/api/friends/${other.id}`);
const accepts = (me: Person, id: string) => me.post(`/api/friends/requests/${id}/accept`);
const declines = (me: Person, id: string) => me.post(`/api/friends/requests/${id}/decline`);
const withdraws = (me: Person, id: string) => me.delete(`/api/friends/requests/${id}`);
const codeOf = ({ status, body }: HttpAnswer) => [status, body.code];

/** The ids in somebody's lists. */
async function listsOf(me: Person): Promise<Lists> {
  const { body } = await me.get<{ incoming: FriendRequest[]; outgoing: FriendRequest[] }>(
    '/api/friends/requests',
  );
  const { body: list } = await me.get<{ friends: Friend[] }>('/api/friends');
  const ids = (entries: { _id: string }[]) => entries.map(({ _id }) => _id);
  return { incoming: ids(body.incoming), outgoing: ids(body.outgoing), friends: ids(list.friends) };
}

async function relationship(me: Person, other: Person): Promise<string | undefined> {
  const { body } = await me.get<{ users: { relationship: string }[] }>(
    `/api/users?query=${other.account.email}`,
  );
  return body.users[0]?.relationship;
}

const NONE: Lists = { incoming: [], outgoing: [], friends: [] };

/** The two are not friends any more, before the block. */
async function strangers(scene: Scene): Promise<void> {
  await unfriends(scene.bob, scene.ann);
}

/** What stood between the two before the block, and what Ann then does about it. */
interface Standing {
  name: string;
  /** @returns the id of the request, if there is one */
  before: (scene: Scene) => Promise<string>;
  act: (me: Person, other: Person, id: string) => Promise<HttpAnswer>;
  event: ServerEvent;
  status: number;
  areFriends: boolean;
}

const STANDING: Standing[] = [
  {
    name: 'A accepts',
    before: async (scene) => {
      await strangers(scene);
      return (await asks(scene.bob, scene.ann)).body.request._id;
    },
    act: (me, _, id) => accepts(me, id),
    event: 'friendAccepted',
    status: 200,
    areFriends: true,
  },
  {
    name: 'A declines',
    before: async (scene) => {
      await strangers(scene);
      return (await asks(scene.bob, scene.ann)).body.request._id;
    },
    act: (me, _, id) => declines(me, id),
    event: 'friendRequestClosed',
    status: 204,
    areFriends: false,
  },
  {
    name: 'A takes back',
    before: async (scene) => {
      await strangers(scene);
      return (await asks(scene.ann, scene.bob)).body.request._id;
    },
    act: (me, _, id) => withdraws(me, id),
    event: 'friendRequestClosed',
    status: 204,
    areFriends: false,
  },
  {
    name: 'A ends the friendship',
    before: async () => '',
    act: (me, other) => unfriends(me, other),
    event: 'friendRemoved',
    status: 204,
    areFriends: false,
  },
];

function standing(of: 'A' | 'B', block: (scene: Scene) => Promise<Devices>): Case[] {
  return STANDING.map(({ name, before, act, event, status, areFriends }) => ({
    name,
    check: async (scene) => {
      const { ann, bob } = scene;
      const id = await before(scene);
      const { phone, laptop, desk, tablet } = await block(scene);
      const answer = await act(ann, bob, id);
      expect(answer.status).toBe(status);
      const lists = (other: Person) => (areFriends ? { ...NONE, friends: [other.id] } : NONE);
      if (of === 'A') {
        for (const device of [phone, laptop]) {
          const told = (await scene.heard(device)).filter((seen) => seen.event !== 'userStatus');
          expect(told.map((seen) => seen.event)).toEqual([event]);
        }
        expect(await listsOf(ann)).toEqual(lists(bob));
        // A second time is answered as always, too.
        expect((await act(ann, bob, id)).status).toBe(areFriends ? 200 : 404);
      } else {
        await scene.isQuiet(desk, tablet);
        expect(await listsOf(bob)).toEqual(lists(ann));
      }
    },
  }));
}

const oneBlock = (scene: Scene) => scene.block();
const bothBlocks = (scene: Scene) => scene.blockBoth();

/** Requests for friendship, and what becomes of a friendship. */
export const friendshipRows: Row[] = [
  {
    what: 'A asks B for friendship',
    threat: 78,
    blocked: {
      says: '201, pending for ever; again 200, the same request; can be taken back',
      cases: [
        {
          name: 'by HTTP',
          check: async (scene) => {
            const { ann, bob } = scene;
            await strangers(scene);
            const { phone, laptop } = await scene.block();
            const { status, body } = await asks(ann, bob, 'please');
            expect(status).toBe(201);
            const { request } = body;
            expect(request).toMatchObject({ from: { _id: ann.id }, to: { _id: bob.id }, note: 'please' });
            for (const device of [phone, laptop]) {
              expect(await device.hears('friendRequest', ({ from }) => from._id === ann.id)).toEqual(request);
            }
            expect(await asks(ann, bob)).toMatchObject({ status: 200, body: { request } });
            expect(await listsOf(ann)).toEqual({ ...NONE, outgoing: [request._id] });
            expect(await relationship(ann, bob)).toBe('outgoing');
            expect(codeOf(await accepts(ann, request._id))).toEqual([404, 'not_found']);
            await bob.unblocks(ann);
            expect(await listsOf(ann)).toEqual({ ...NONE, outgoing: [request._id] });
            expect((await withdraws(ann, request._id)).status).toBe(204);
            await laptop.hears('friendRequestClosed', ({ requestId }) => requestId === request._id);
            expect(await listsOf(ann)).toEqual(NONE);
          },
        },
      ],
    },
    blocker: {
      says: 'never sees it, also not after unblocking; asking A then is a request of its own (201)',
      cases: [
        {
          name: 'by HTTP',
          check: async (scene) => {
            const { ann, bob } = scene;
            await strangers(scene);
            const { phone, desk, tablet } = await scene.block();
            const { _id } = (await asks(ann, bob)).body.request;
            const isUnseen = async () => {
              await scene.isQuiet(tablet);
              expect(await listsOf(bob)).toEqual(NONE);
              expect(await relationship(bob, ann)).toBe('none');
              expect(codeOf(await accepts(bob, _id))).toEqual([404, 'not_found']);
              expect(codeOf(await declines(bob, _id))).toEqual([404, 'not_found']);
            };
            await isUnseen();
            await scene.isQuiet(desk);
            await bob.unblocks(ann);
            await tablet.hears('conversationUpdated', ({ isBlocked }) => !isBlocked);
            await scene.startsListening();
            await isUnseen();
            const asked = await asks(bob, ann);
            expect([asked.status, asked.body.friend]).toEqual([201, undefined]);
            await phone.hears('friendRequest', (request) => request._id === asked.body.request._id);
            expect(await listsOf(bob)).toEqual({ ...NONE, outgoing: [asked.body.request._id] });
            expect(await listsOf(ann)).toEqual({ ...NONE, incoming: [asked.body.request._id] });
          },
        },
        {
          name: 'taken back after unblocking',
          check: async (scene) => {
            const { ann, bob } = scene;
            await strangers(scene);
            const { desk, tablet } = await scene.block();
            const { _id } = (await asks(ann, bob)).body.request;
            await bob.unblocks(ann);
            await tablet.hears('conversationUpdated', ({ isBlocked }) => !isBlocked);
            await desk.catchesUp();
            await scene.startsListening();
            await withdraws(ann, _id);
            await scene.isQuiet(desk, tablet);
          },
        },
      ],
    },
    both: {
      says: '403 `recipient_blocked` for each',
      cases: [
        {
          name: 'by HTTP',
          check: async (scene) => {
            const { ann, bob } = scene;
            await strangers(scene);
            const { phone, desk } = await scene.blockBoth();
            expect(codeOf(await asks(ann, bob))).toEqual([403, 'recipient_blocked']);
            expect(codeOf(await asks(bob, ann))).toEqual([403, 'recipient_blocked']);
            await scene.isQuiet(phone, desk);
            expect([await listsOf(ann), await listsOf(bob)]).toEqual([NONE, NONE]);
          },
        },
      ],
    },
  },
  {
    what: 'A accepts, declines or takes back a request that stood before the block, or ends the friendship',
    threat: 78,
    blocked: { says: "as always, on all of A's devices", cases: standing('A', oneBlock) as [Case] },
    blocker: {
      says: 'no event while blocked; the lists are right when fetched',
      cases: standing('B', oneBlock) as [Case],
    },
    both: {
      says: 'as always for who acts; no event for the other, whose lists are right',
      cases: [...standing('A', bothBlocks), ...standing('B', bothBlocks)] as [Case],
    },
  },
];
