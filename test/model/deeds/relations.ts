import fc from 'fast-check';
import type { ConversationMetadata, Friend, FriendRequest } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { mustEqual, settingsOf } from '../checks/compare.js';
import { mustKnowPeople, peopleOf } from '../checks/friends.js';
import type { Deed } from '../deed.js';
import type { Who } from '../people.js';
import type { Settings } from '../words.js';
import type { World } from '../world.js';
import { pair } from './choices.js';

const NOBODYS = 'f'.repeat(24);

const set: fc.Arbitrary<Deed> = fc
  .record({
    pair,
    changes: fc.record(
      {
        isPinned: fc.boolean(),
        isFavorite: fc.boolean(),
        customRingtone: fc.constantFrom('bell', null),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ pair: [me, other], changes }) => ({
    name: 'settings',
    among: [me, other],
    says: `${me} sets ${JSON.stringify(changes)} for ${other}`,
    act: (world, cast) => changesSettings(world, cast, me, other, changes),
  }));

const block = blocking('block', true);
const unblock = blocking('unblock', false);

function blocking(name: string, isBlocked: boolean): fc.Arbitrary<Deed> {
  return pair.map(([me, other]) => ({
    name,
    among: [me, other],
    says: `${me} ${name}s ${other}`,
    act: (world, cast) => changesSettings(world, cast, me, other, { isBlocked }),
  }));
}

/** By whatever it takes: asking, and the other's accepting. */
const befriend: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('befriend', `${me} befriends ${other}`, me, other, befriends),
);

const ask: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('ask', `${me} asks ${other} for friendship`, me, other, asks),
);

const accept: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('accept', `${me} accepts ${other}'s request`, me, other, accepts),
);

const decline: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('decline', `${me} declines ${other}'s request`, me, other, async (world, cast) => {
    const id = world.bond(me, other).idOf(other) ?? NOBODYS;
    const { status } = await cast.of(me).call('POST', `/api/friends/requests/${id}/decline`);
    mustEqual('Declining', status, world.close(me, other, other, id) ? 204 : 404);
  }),
);

const withdraw: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('withdraw', `${me} takes the request to ${other} back`, me, other, async (world, cast) => {
    const id = world.bond(me, other).idOf(me) ?? NOBODYS;
    const { status } = await cast.of(me).call('DELETE', `/api/friends/requests/${id}`);
    mustEqual('Taking back', status, world.close(me, me, other, id) ? 204 : 404);
  }),
);

const unfriend: fc.Arbitrary<Deed> = pair.map(([me, other]) =>
  amongFriends('unfriend', `${me} ends the friendship with ${other}`, me, other, async (world, cast) => {
    const { status } = await cast.of(me).call('DELETE', `/api/friends/${cast.of(other).id}`);
    mustEqual('Ending the friendship', status, world.unfriend(me, other) ? 204 : 404);
  }),
);

export const relations: fc.WeightedArbitrary<Deed>[] = [
  { weight: 30, arbitrary: set },
  { weight: 35, arbitrary: block },
  { weight: 50, arbitrary: unblock },
  { weight: 40, arbitrary: befriend },
  { weight: 15, arbitrary: ask },
  { weight: 12, arbitrary: accept },
  { weight: 8, arbitrary: decline },
  { weight: 8, arbitrary: withdraw },
  { weight: 12, arbitrary: unfriend },
];

async function changesSettings(
  world: World,
  cast: Cast,
  me: Who,
  other: Who,
  changes: Partial<Settings>,
): Promise<void> {
  const path = `/api/conversations/${cast.of(other).id}/metadata`;
  const { status, body } = await cast.of(me).call<ConversationMetadata>('PUT', path, changes);
  mustEqual('The metadata', [status, settingsOf(body)], [200, world.change(me, other, changes)]);
}

type Act = (world: World, cast: Cast, me: Who, other: Who) => Promise<void>;

/** Somebody who blocks the one who acts hears nothing of it; their lists are right when they are fetched. */
function amongFriends(name: string, says: string, me: Who, other: Who, act: Act): Deed {
  return {
    name,
    says,
    among: [me, other],
    act: async (world, cast) => {
      const isUnheard = world.blocks(other, me);
      const before = listsOf(cast, other);
      await act(world, cast, me, other);
      await Promise.all(cast.online().map((phone) => phone.catchUp()));
      if (isUnheard) {
        mustEqual(`What ${other} hears of ${me}`, listsOf(cast, other), before);
        const lists = await peopleOf(cast, other);
        for (const { copy } of cast.phonesOf(other)) copy.takePeople(lists);
      }
      await mustKnowPeople(world, cast, [me, other]);
    },
  };
}

function listsOf(cast: Cast, who: Who): unknown {
  return cast.phonesOf(who).map(({ copy }) => [[...copy.friends], [...copy.requests.keys()]]);
}

async function asks(world: World, cast: Cast, me: Who, other: Who): Promise<void> {
  const answer = await cast
    .of(me)
    .call<{ request?: FriendRequest; friend?: Friend }>('POST', '/api/friends/requests', {
      userId: cast.of(other).id,
    });
  const { request, friend, code } = answer.body;
  const asked = world.ask(me, other, request?._id ?? NOBODYS);
  if ('code' in asked) {
    mustEqual('Asking', code, asked.code);
    return;
  }
  const statuses = { asked: 201, same: 200, befriended: 200 };
  mustEqual('Asking', answer.status, statuses[asked.kind]);
  if (asked.kind === 'befriended') mustEqual('The friend', friend?._id, cast.of(other).id);
  else mustEqual('The request', request?._id, asked.id);
}

async function accepts(world: World, cast: Cast, me: Who, other: Who): Promise<void> {
  const id = world.bond(me, other).idOf(other) ?? NOBODYS;
  const { status } = await cast.of(me).call('POST', `/api/friends/requests/${id}/accept`);
  mustEqual('Accepting', status, world.accept(me, other, id) === 'not_found' ? 404 : 200);
}

export async function befriends(world: World, cast: Cast, me: Who, other: Who): Promise<void> {
  await asks(world, cast, me, other);
  // Who blocks the one who asks does not know, or does not want to.
  if (world.bond(me, other).requests.has(me) && !world.blocks(other, me)) {
    await accepts(world, cast, other, me);
  }
}
