import fc from 'fast-check';
import type { Cast } from '../actors.js';
import type { Draft } from '../conversation.js';
import { type Deed, phoneOf } from '../deed.js';
import { PHONES, type Who } from '../people.js';
import type { Phone } from '../phone.js';
import type { World } from '../world.js';
import { index, pair } from './choices.js';
import { begins, comes, leaves, mustBeUnconfirmed } from './devices.js';
import { bodyOf, byHttp, bySocket, mustBeAnswered } from './sending.js';

/** More than the first page of a replay. */
const MANY = 28;

/** While a device connects. */
const FEW = 3;

/** Many messages on one socket, none waiting for the one before. */
const sendMany: fc.Arbitrary<Deed> = fc.record({ pair, index }).map(({ pair: [by, to], index: at }) => ({
  name: 'send many',
  among: [by, to],
  says: `${by} sends ${MANY} messages to ${to} at once from ${PHONES[by][at % PHONES[by].length]}`,
  act: async (world, cast) => {
    const phone = phoneOf(cast, by, { index: at });
    if (!phone.isOnline) await comes(world, cast, phone, { replay: true, sync: undefined });
    const drafts = draftsOf(by, to, MANY);
    const answers = await Promise.all(drafts.map((draft) => bySocket(phone, bodyOf(cast, draft))));
    for (const [place, draft] of drafts.entries()) {
      mustBeAnswered(world, cast, draft, world.send(draft), answers[place] ?? {}, phone);
    }
  },
}));

/** A device connects while the other is sending. */
const comeAmidSends: fc.Arbitrary<Deed> = fc
  .record({ pair, index })
  .map(({ pair: [me, other], index: at }) => ({
    name: 'reconnect amid sends',
    among: [me, other],
    says: `${PHONES[me][at % PHONES[me].length]} connects again while ${other} sends ${FEW} messages to ${me}`,
    act: async (world, cast) => {
      const phone = phoneOf(cast, me, { index: at });
      if (phone.isOnline) await leaves(world, phone);
      await comesAmid(world, cast, phone, other);
    },
  }));

export const crowded: fc.WeightedArbitrary<Deed>[] = [
  { weight: 5, arbitrary: sendMany },
  { weight: 25, arbitrary: comeAmidSends },
];

async function comesAmid(world: World, cast: Cast, phone: Phone, other: Who): Promise<void> {
  const me = phone.owner.who;
  const from = phoneOf(cast, other, { index: 0 });
  const drafts = draftsOf(other, me, FEW);
  const [answers, replayed] = await Promise.all([inTurn(cast, from, drafts), phone.connect()]);
  const news: { by: Who; seq: number }[] = [];
  for (const [place, draft] of drafts.entries()) {
    const sent = world.send(draft);
    if ('seq' in sent && !world.blocks(me, other)) news.push({ by: other, seq: sent.seq });
    mustBeAnswered(world, cast, draft, sent, answers[place] ?? {}, from);
  }
  // Another device of theirs may have confirmed what was sent meanwhile: then it is not replayed here.
  begins(world, cast, phone, true);
  mustBeUnconfirmed(world, cast, me, replayed, true);
  const given = replayed.map(({ senderId, seq }) => ({ by: cast.whoIs(senderId), seq }));
  world.connect(me, phone.name, [...given, ...news]);
}

/** One after the other. */
async function inTurn(
  cast: Cast,
  phone: Phone,
  drafts: Draft[],
): Promise<Awaited<ReturnType<typeof byHttp>>[]> {
  const answers: Awaited<ReturnType<typeof byHttp>>[] = [];
  for (const draft of drafts) answers.push(await byHttp(phone, bodyOf(cast, draft)));
  return answers;
}

function draftsOf(by: Who, to: Who, count: number): Draft[] {
  return Array.from({ length: count }, (_, place) => ({ by, to, text: `${place + 1} of ${count}` }));
}
