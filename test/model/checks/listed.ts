import type { Conversation as Listed } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { othersOf, type Who } from '../people.js';
import { DEFAULTS } from '../words.js';
import type { World } from '../world.js';
import { mustEqual, settingsOf, statusBy, withoutStatus } from './compare.js';

/** The conversation list: pinned first, then the newest, then by id; each entry as the model says. */
export async function mustBeListed(world: World, cast: Cast, who: Who): Promise<void> {
  const { body } = await cast
    .of(who)
    .call<{ conversations: Listed[] }>('GET', '/api/conversations?limit=100');
  const list = body.conversations;
  const inOrder = list.toSorted(
    (one, other) =>
      Number(other.metadata.isPinned) - Number(one.metadata.isPinned) ||
      (other.lastMessage?.createdAt ?? '').localeCompare(one.lastMessage?.createdAt ?? '') ||
      one.conversationId.localeCompare(other.conversationId),
  );
  mustEqual(`${who}'s list`, list, inOrder);
  const listed = othersOf(who).filter((other) => world.isListed(who, other));
  mustEqual(
    `Who is in ${who}'s list`,
    list.map(({ otherUser }) => cast.whoIs(otherUser._id)).toSorted(),
    listed,
  );
  for (const entry of list) mustBeEntry(world, who, cast.whoIs(entry.otherUser._id), entry);
}

function mustBeEntry(world: World, who: Who, other: Who, entry: Listed): void {
  const conversation = world.conversation(who, other);
  const name = `${other} in ${who}'s list`;
  const { lastMessage, lastSeq, unreadCount, metadata, read } = entry;
  const last = conversation.visibleTo(who).at(-1);
  conversation.observe(who, entry);
  const status = lastMessage && statusBy({ otherId: entry.otherUser._id, ...entry }, lastMessage);
  mustEqual(`${name}: status`, lastMessage?.status, status ?? undefined);
  mustEqual(`${name}: last`, lastMessage && withoutStatus(lastMessage), last?.wire ?? null);
  mustEqual(`${name}: lastSeq`, lastSeq, last?.seq ?? 0);
  mustEqual(`${name}: unread`, unreadCount, conversation.unread(who, read.mine));
  mustEqual(`${name}: metadata`, settingsOf(metadata), world.settingsOf(who, other) ?? DEFAULTS);
}
