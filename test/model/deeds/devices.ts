import fc from 'fast-check';
import type { Message } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { mustEqual, withoutStatus } from '../checks/compare.js';
import { type Deed, phoneOf } from '../deed.js';
import { othersOf, PEOPLE, PHONES, type Who } from '../people.js';
import type { Phone } from '../phone.js';
import type { World } from '../world.js';
import { index, pair, who } from './choices.js';
import { type SyncHow, syncHow, syncs } from './syncing.js';

/** How a device comes back: replay or none, and with or without a sync. */
export interface Coming {
  replay: boolean;
  sync: SyncHow | undefined;
}

const coming: fc.Arbitrary<Coming> = fc.oneof(
  fc.record({ replay: fc.constant(true), sync: fc.constant(undefined) }),
  fc.record({ replay: fc.boolean(), sync: syncHow }),
);

/** A device goes away, or comes where it was away already. */
const disconnect: fc.Arbitrary<Deed> = fc.record({ who, index }).map(({ who: me, index: at }) => ({
  name: 'disconnect',
  among: [me],
  says: `${PHONES[me][at % PHONES[me].length]} disconnects`,
  act: async (world, cast) => {
    const phone = phoneOf(cast, me, { index: at });
    if (phone.isOnline) await leaves(world, phone);
    else await comes(world, cast, phone, { replay: true, sync: undefined });
  },
}));

/** All devices of somebody go away: what is said now is given to none of them. */
const goAway: fc.Arbitrary<Deed> = who.map((me) => ({
  name: 'go away',
  among: [me],
  says: `${me} goes away`,
  act: async (world, cast) => {
    for (const phone of cast.phonesOf(me)) if (phone.isOnline) await leaves(world, phone);
  },
}));

const reconnect: fc.Arbitrary<Deed> = fc
  .record({ who, index, coming })
  .map(({ who: me, index: at, coming: how }) => ({
    name: how.replay ? 'reconnect' : 'reconnect without replay',
    among: [me],
    says: `${PHONES[me][at % PHONES[me].length]} connects again ${JSON.stringify(how)}`,
    act: async (world, cast) => {
      const phone = phoneOf(cast, me, { index: at });
      if (phone.isOnline) await leaves(world, phone);
      await comes(world, cast, phone, how);
    },
  }));

const sync: fc.Arbitrary<Deed> = fc
  .record({ who, index, how: syncHow })
  .map(({ who: me, index: at, how }) => ({
    name: 'sync',
    among: [me],
    says: `${PHONES[me][at % PHONES[me].length]} syncs ${JSON.stringify(how)}`,
    act: (world, cast) => syncs(world, cast, phoneOf(cast, me, { index: at }), how),
  }));

/** The service stops and starts; the devices that were connected come back by themselves. */
const restart: fc.Arbitrary<Deed> = fc.constant({
  name: 'restart',
  among: PEOPLE,
  says: 'The service restarts',
  act: async (world, cast) => {
    const lost = cast.online();
    for (const phone of lost) phone.lost();
    for (const phone of lost) world.disconnect(phone.name);
    await cast.service.restart();
    const how = { replay: true, sync: { way: 'socket', limit: undefined, repeats: 'first tokens' } } as const;
    for (const phone of lost) await comes(world, cast, phone, how);
  },
});

const type: fc.Arbitrary<Deed> = fc
  .record({ pair, index, stops: fc.boolean() })
  .map(({ pair: [me, other], index: at, stops }) => ({
    name: stops ? 'type and stop' : 'type',
    among: [me, other],
    says: `${me} types to ${other} from ${PHONES[me][at % PHONES[me].length]}${stops ? ' and stops' : ''}`,
    act: async (world, cast) => {
      const phone = phoneOf(cast, me, { index: at });
      if (!phone.isOnline) await comes(world, cast, phone, { replay: true, sync: undefined });
      await types(world, cast, phone, other);
      if (!stops) return;
      await phone.line.asks('stopTyping', { recipientId: cast.of(other).id });
      world.typings.end(me, other);
    },
  }));

export const devices: fc.WeightedArbitrary<Deed>[] = [
  { weight: 30, arbitrary: disconnect },
  { weight: 30, arbitrary: goAway },
  { weight: 60, arbitrary: reconnect },
  { weight: 50, arbitrary: sync },
  { weight: 40, arbitrary: type },
  { weight: 3, arbitrary: restart },
];

async function types(world: World, cast: Cast, phone: Phone, other: Who): Promise<void> {
  const answer = await phone.line.asks('typing', { recipientId: cast.of(other).id });
  mustEqual('The answer to typing', answer, { success: true, data: null });
  world.type(phone.owner.who, phone.name, other);
}

export async function leaves(world: World, phone: Phone): Promise<void> {
  await phone.disconnect();
  world.disconnect(phone.name);
}

/** A device connects. What no device of its owner has confirmed comes before it is ready, oldest first. */
export async function comes(
  world: World,
  cast: Cast,
  phone: Phone,
  { replay, sync: how }: Coming,
): Promise<void> {
  const me = phone.owner.who;
  begins(world, cast, phone, replay);
  const replayed = await phone.connect({ replay });
  mustBeUnconfirmed(world, cast, me, replay ? replayed : []);
  if (!replay) mustEqual('What is replayed to who does not want it', replayed, []);
  world.connect(
    me,
    phone.name,
    replayed.map(({ senderId, seq }) => ({ by: cast.whoIs(senderId), seq })),
  );
  if (how) await syncs(world, cast, phone, how);
}

/** What a device may lack that connects now. */
export function begins(world: World, cast: Cast, phone: Phone, replay: boolean): void {
  const me = phone.owner.who;
  phone.isWhole = false;
  for (const other of othersOf(me)) {
    const conversation = world.conversation(me, other);
    const last = conversation.lastSeq(me);
    const theirs = replay ? conversation.of(me).delivered.most : last;
    phone.lacks.set(cast.of(other).id, { theirs, own: last });
  }
}

/**
 * Only what may not have been confirmed, in order, as it was sent. That all of it came is seen by comparing.
 *
 * @param isAmidSends - the last ones may come later
 */
export function mustBeUnconfirmed(
  world: World,
  cast: Cast,
  me: Who,
  replayed: Message[],
  isAmidSends = false,
): void {
  for (const other of othersOf(me)) {
    const conversation = world.conversation(me, other);
    const { sure } = conversation.of(me).delivered;
    const came = replayed.filter(({ senderId }) => cast.whoIs(senderId) === other);
    const from = came[0]?.seq ?? Infinity;
    if (from <= sure) throw new Error(`${me} has confirmed ${other}'s ${sure}, and ${from} was replayed`);
    const expected = conversation.received(me).filter(({ seq }) => seq >= from);
    mustEqual(
      `What is replayed of ${other}`,
      came.map(withoutStatus),
      (isAmidSends ? expected.slice(0, came.length) : expected).map(({ wire }) => wire),
    );
  }
}
