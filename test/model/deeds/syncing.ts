import fc from 'fast-check';
import type { Message, SyncAnswer, SyncedConversation } from '../../../src/realtime/wire.js';
import { dataOf } from '../../support/person.js';
import type { Cast } from '../actors.js';
import { mustEqual, settingsOf, statusBy, withoutStatus } from '../checks/compare.js';
import { mustKnowPeople } from '../checks/friends.js';
import { toldText } from '../copy.js';
import { isLive, type Via } from '../deed.js';
import type { Phone } from '../phone.js';
import { sliceOf } from '../pages.js';
import { DEFAULTS } from '../words.js';
import type { World } from '../world.js';

/** How a device syncs. */
export interface SyncHow {
  way: Via['way'];
  limit: number | undefined;
  /** What a repetition with the cursor names: the tokens of the first call, or those of the answers since. */
  repeats: 'first tokens' | 'latest tokens';
}

export const syncHow: fc.Arbitrary<SyncHow> = fc.record({
  way: fc.constantFrom<Via['way'][]>('socket', 'http'),
  limit: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 2 }),
  repeats: fc.constantFrom<SyncHow['repeats'][]>('first tokens', 'latest tokens'),
});

/**
 * The device gets what it missed, in as many answers as it takes, and has everything afterwards.
 *
 * @param foreign - tokens of somebody else, which count as none
 */
export async function syncs(
  world: World,
  cast: Cast,
  phone: Phone,
  how: SyncHow,
  foreign: Record<string, string> = {},
): Promise<void> {
  const first = phone.copy.tokens;
  let cursor: string | null = null;
  do {
    const own = how.repeats === 'first tokens' ? first : phone.copy.tokens;
    const answer = await ask(phone, how, {
      conversations: { ...foreign, ...own },
      people: phone.copy.peopleToken,
      ...(how.limit && { limit: how.limit }),
      ...(cursor !== null && { cursor }),
    });
    await takes(world, cast, phone, answer, how.limit);
    ({ cursor } = answer);
  } while (cursor !== null);
  phone.isWhole = true;
  await mustKnowPeople(world, cast, [phone.owner.who]);
}

async function ask(phone: Phone, how: SyncHow, body: object): Promise<SyncAnswer> {
  if (isLive(phone, { index: 0, way: how.way })) return dataOf(await phone.line.asks('sync', body));
  const { status, body: answer } = await phone.call<SyncAnswer>('POST', '/api/sync', body);
  if (status !== 200) throw new Error(`Not synced: ${JSON.stringify(answer)}`);
  return answer;
}

async function takes(
  world: World,
  cast: Cast,
  phone: Phone,
  answer: SyncAnswer,
  limit: number | undefined,
): Promise<void> {
  const count = answer.conversations.reduce((sum, { messages }) => sum + messages.length, 0);
  if (limit !== undefined && count > limit) throw new Error(`${count} messages where ${limit} were wanted`);
  for (const synced of answer.conversations) mustBeAsModelled(world, cast, phone, synced);
  for (const { otherId, before } of phone.copy.take(answer)) {
    await fetchesOlder(world, cast, phone, otherId, before);
  }
}

function mustBeAsModelled(world: World, cast: Cast, phone: Phone, synced: SyncedConversation): void {
  const me = phone.owner.who;
  const { otherUserId, messages, hasOlder, lastSeq, unreadCount, metadata, read } = synced;
  const other = cast.whoIs(otherUserId);
  const conversation = world.conversation(me, other);
  const held = phone.copy.of(otherUserId);
  const from = hasOlder ? (messages[0]?.seq ?? 0) : held.syncedTo + 1;
  const to = messages.at(-1)?.seq ?? 0;
  const name = `What ${phone.name} is told of ${other}`;

  const said = conversation.visibleTo(me).filter(({ seq }) => seq >= from && seq <= to);
  mustEqual(
    `${name}: messages`,
    messages.map(withoutStatus),
    said.map(({ wire }) => wire),
  );
  if (messages.length === 0) mustBeNews(name, phone, synced);
  world.fetch(me, other, { from, to, seqs: messages.map(({ seq }) => seq) });
  conversation.observe(me, synced);
  const marks = { otherId: otherUserId, ...synced };
  mustEqual(
    `${name}: statuses`,
    messages.map(({ status }) => status),
    messages.map((one) => statusBy(marks, one)),
  );
  mustEqual(`${name}: lastSeq`, lastSeq, conversation.lastSeq(me));
  mustEqual(`${name}: unread`, unreadCount, conversation.unread(me, read.mine));
  mustEqual(`${name}: metadata`, settingsOf(metadata), world.settingsOf(me, other) ?? DEFAULTS);
}

/** A conversation with nothing new is left out. */
function mustBeNews(name: string, phone: Phone, { conversationId, ...synced }: SyncedConversation): void {
  const told = phone.copy.told.get(conversationId);
  if (told !== undefined && told === toldText(synced)) throw new Error(`${name} is nothing new: ${told}`);
}

/** What is older than the newest page comes from the history. */
async function fetchesOlder(
  world: World,
  cast: Cast,
  phone: Phone,
  otherId: string,
  before: number,
): Promise<void> {
  const me = phone.owner.who;
  const other = cast.whoIs(otherId);
  const slice = sliceOf(world.conversation(me, other).visibleTo(me), { limit: 200, before });
  world.fetch(me, other, slice);
  const path = `/api/messages/${otherId}?limit=200&before=${before}`;
  const { body } = await phone.call<Message[]>('GET', path);
  mustEqual(
    'What is older',
    body.map(withoutStatus),
    slice.messages.map(({ wire }) => wire),
  );
  for (const message of body) phone.copy.keep(message);
}
