import fc from 'fast-check';
import type { Message } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { mustEqual, mustHaveStatus, withoutStatus } from '../checks/compare.js';
import { type Deed, isLive, phoneOf, viaText } from '../deed.js';
import { type Slice, sliceOf, type Wanted } from '../pages.js';
import type { Who } from '../people.js';
import type { Phone } from '../phone.js';
import { BARE_LIMIT } from '../service.js';
import type { Refused } from '../words.js';
import type { World } from '../world.js';
import { pair, place, via } from './choices.js';

/** A device says that everything up to a number has arrived, now and then beyond the last. */
const confirm: fc.Arbitrary<Deed> = fc
  .record({ pair, via, place })
  .map(({ pair: [me, other], via: route, place: at }) => ({
    name: 'messageDelivered',
    among: [me, other],
    says: `${me} confirms ${other}'s messages up to ${at} from ${viaText(me, { ...route, way: 'socket' })}`,
    act: async (world, cast) => {
      const phone = phoneOf(cast, me, route);
      if (!phone.isOnline) return glances(world, cast, me);
      const seq = seqAt(world, me, other, at);
      const answer = await bySocket(world, phone, 'messageDelivered', me, other, seq);
      mustBeRefusedAlike(world.confirm(me, other, seq), answer);
    },
  }));

/** Somebody has read up to a number: by the socket or by HTTP. */
const read: fc.Arbitrary<Deed> = fc
  .record({ pair, via, place })
  .map(({ pair: [me, other], via: route, place: at }) => ({
    name: 'messageRead',
    among: [me, other],
    says: `${me} has read ${other}'s messages up to ${at} from ${viaText(me, route)}`,
    act: async (world, cast) => {
      const phone = phoneOf(cast, me, route);
      const seq = seqAt(world, me, other, at);
      if (isLive(phone, route)) {
        const answer = await bySocket(world, phone, 'messageRead', me, other, seq);
        mustBeRefusedAlike(world.markRead(me, other, seq), answer);
        if (answer === undefined) phone.copy.markRead(cast.of(other).id, seq);
        return;
      }
      const path = `/api/conversations/${cast.of(other).id}/read`;
      const { status, body } = await phone.call<{ unreadCount?: number }>('PUT', path, { seq });
      mustBeRefusedAlike(world.markRead(me, other, seq), status === 200 ? undefined : body.code);
      const conversation = world.conversation(me, other);
      if (status === 200)
        mustEqual('unreadCount', body.unreadCount, conversation.unread(me, conversation.of(me).read.sure));
    },
  }));

/** The conversation is opened: the specification's own form. */
const open: fc.Arbitrary<Deed> = fc.record({ pair, via }).map(({ pair: [me, other], via: route }) => ({
  name: 'open',
  among: [me, other],
  says: `${me} opens the conversation with ${other} from ${viaText(me, { ...route, way: 'http' })}`,
  act: async (world, cast) => {
    const slice = sliceOf(world.conversation(me, other).visibleTo(me), { limit: BARE_LIMIT });
    world.open(me, other, slice);
    await gets(world, cast, phoneOf(cast, me, route), other, slice, '');
  },
}));

/** A page is fetched from anywhere, and those beside it. */
const page: fc.Arbitrary<Deed> = fc
  .record({
    pair,
    via,
    place,
    limit: fc.integer({ min: 1, max: 5 }),
    edge: fc.constantFrom<(keyof Wanted)[]>('limit', 'before', 'after'),
    follows: fc.option(fc.constantFrom('prev', 'next'), { nil: undefined, freq: 2 }),
  })
  .map(({ pair: [me, other], via: route, place: at, limit, edge, follows }) => ({
    name: 'page',
    among: [me, other],
    says: `${me} fetches ${limit} messages with ${other} from ${viaText(me, { ...route, way: 'http' })}, ${
      edge === 'limit' ? 'the newest' : `${edge} ${at}`
    }${follows ? ` and the ${follows} page` : ''}`,
    act: async (world, cast) => {
      const edges = edge === 'limit' ? {} : { [edge]: seqAt(world, me, other, at) };
      await pages(world, cast, phoneOf(cast, me, route), other, { limit, ...edges }, follows);
    },
  }));

/** Looks that move nothing: the model is compared as always afterwards. */
const glance: fc.Arbitrary<Deed> = pair.map(([me, other]) => ({
  name: 'glance',
  among: [me, other],
  says: `${me} looks at what waits`,
  act: (world, cast) => glances(world, cast, me),
}));

export const reading: fc.WeightedArbitrary<Deed>[] = [
  { weight: 50, arbitrary: confirm },
  { weight: 80, arbitrary: read },
  { weight: 45, arbitrary: open },
  { weight: 70, arbitrary: page },
  { weight: 20, arbitrary: glance },
];

/** From 1 to one beyond the last. */
function seqAt(world: World, me: Who, other: Who, at: number): number {
  return 1 + (at % (world.conversation(me, other).lastSeq(me) + 1));
}

/** @returns the code of a refusal */
async function bySocket(
  world: World,
  phone: Phone,
  event: 'messageDelivered' | 'messageRead',
  me: Who,
  other: Who,
  seq: number,
): Promise<string | undefined> {
  const conversationId = world.conversation(me, other).said[0]?.wire?.conversationId ?? 'f'.repeat(24);
  const answer = await phone.line.asks(event, { conversationId, seq });
  return answer.success ? undefined : answer.code;
}

/** A conversation in which nothing was said does not exist, so there it may be either. */
function mustBeRefusedAlike(refused: Refused | undefined, code: string | undefined): void {
  if (refused?.code === 'seq_out_of_range' && code === 'not_found') return;
  mustEqual('The refusal', code, refused?.code);
}

/** @returns where the neighbours of the page are */
async function gets(
  world: World,
  cast: Cast,
  phone: Phone,
  other: Who,
  { messages, hasOlder, hasNewer }: Slice,
  query: string,
): Promise<{ prev?: string | undefined; next?: string | undefined }> {
  const { who } = phone.owner;
  const path = `/api/messages/${cast.of(other).id}${query}`;
  const { status, body, headers } = await phone.call<Message[]>('GET', path);
  if (status !== 200) throw new Error(`Not answered: ${status}`);
  mustEqual(
    `The page of ${who}`,
    body.map(withoutStatus),
    messages.map(({ wire }) => wire),
  );
  for (const [at, said] of messages.entries()) mustHaveStatus(world, who, said, body[at] as Message);
  for (const message of body) phone.copy.keep(message);
  const link = headers.get('link') ?? '';
  const at = (rel: string) => new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link)?.[1];
  mustEqual(
    'Links',
    { prev: at('prev') !== undefined, next: at('next') !== undefined },
    { prev: hasOlder, next: hasNewer },
  );
  return { prev: at('prev'), next: at('next') };
}

/** Fetches with parameters, which is no reading. */
async function pages(
  world: World,
  cast: Cast,
  phone: Phone,
  other: Who,
  wanted: Wanted,
  follows: 'prev' | 'next' | undefined,
): Promise<void> {
  const { who } = phone.owner;
  const visible = world.conversation(who, other).visibleTo(who);
  const slice = sliceOf(visible, wanted);
  world.fetch(who, other, slice);
  const query = Object.entries(wanted).map(([name, value]) => `${name}=${value}`);
  const links = await gets(world, cast, phone, other, slice, `?${query.join('&')}`);
  const link = follows && links[follows];
  if (!link) return;
  const { searchParams } = new URL(link, cast.service.url);
  const edge = follows === 'prev' ? 'before' : 'after';
  const neighbour = { limit: Number(searchParams.get('limit')), [edge]: Number(searchParams.get(edge)) };
  // Nothing is left out or comes twice between the two.
  const beside = sliceOf(visible, neighbour);
  const rest = visible.filter(({ seq }) =>
    follows === 'prev' ? seq < slice.from || seq < (slice.seqs[0] ?? seq) : seq > slice.to,
  );
  mustEqual(
    'The neighbour',
    beside.messages,
    follows === 'prev' ? rest.slice(-wanted.limit) : rest.slice(0, wanted.limit),
  );
  world.fetch(who, other, beside);
  await gets(world, cast, phone, other, beside, `?${searchParams.toString()}`);
}

async function glances(world: World, cast: Cast, me: Who): Promise<void> {
  const unread = await cast
    .of(me)
    .call<{ total: number; conversations: Record<string, number> }>('GET', '/api/conversations/unread');
  const expected = new Map<string, number>();
  for (const other of cast.others(me)) {
    const conversation = world.conversation(me, other.who);
    // An opening whose effect is not known yet was looked at behind it.
    const count = conversation.unread(me, conversation.of(me).read.sure);
    if (count > 0) expected.set(other.id, count);
  }
  mustEqual('What waits', new Map(Object.entries(unread.body.conversations)), expected);
  mustEqual(
    'All that waits',
    unread.body.total,
    [...expected.values()].reduce((sum, count) => sum + count, 0),
  );
  for (const { id } of cast.others(me)) await cast.of(me).call('HEAD', `/api/messages/${id}`);
}
