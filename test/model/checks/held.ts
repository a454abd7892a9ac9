import { isDeepStrictEqual } from 'node:util';
import type { ConversationState } from '../../../src/realtime/wire.js';
import type { Actor } from '../actors.js';
import type { Said } from '../conversation.js';
import type { Phone } from '../phone.js';
import type { World } from '../world.js';
import { settingsOf, withoutStatus } from './compare.js';

const NOTHING = {
  read: { mine: 0, theirs: 0 },
  delivered: { theirs: 0 },
  unreadCount: 0,
  metadata: undefined,
};

/** Where what a device has of another person, and shows of them, is not what a fetch gives. */
export function differencesOf(
  world: World,
  phone: Phone,
  other: Actor,
  state: ConversationState | undefined,
): string[] {
  const { who } = phone.owner;
  const held = phone.copy.of(other.id);
  const differences: string[] = [];
  const compare = (what: string, had: unknown, fetched: unknown) => {
    if (isDeepStrictEqual(had, fetched)) return;
    differences.push(
      `${phone.name}: ${what} of ${other.who}\nhad:   ${JSON.stringify(had)}\nfresh: ${JSON.stringify(fetched)}`,
    );
  };
  const has = [...held.messages.values()].toSorted((one, two) => one.seq - two.seq);
  const visible = world.conversation(who, other.who).visibleTo(who);
  compare(
    'the messages',
    has.map(withoutStatus),
    visible.filter((said) => isDue(phone, other, said)).map(({ wire }) => wire),
  );
  const isTyping = world.typings.isShown(other.who, who, phone.name);
  if (isTyping !== undefined) compare('the typing', phone.copy.typing.has(other.id), isTyping);
  if (!phone.isWhole) return differences;
  const { read, delivered, unreadCount, metadata } = state ?? NOTHING;
  const unread = has.filter(({ senderId, seq }) => senderId === other.id && seq > held.read.mine);
  compare('the read marks', held.read, read);
  compare('the delivered mark', held.delivered.theirs, delivered.theirs);
  compare('unread', unread.length, unreadCount);
  compare('the metadata', settingsOf(held.metadata), settingsOf(metadata));
  return differences;
}

/** Whether the device must have the message: all, unless it was away and has not synced since. */
function isDue(phone: Phone, other: Actor, { wire, by, seq }: Said): boolean {
  if (phone.isWhole || (wire && phone.copy.of(other.id).messages.has(wire._id))) return true;
  const lacks = phone.lacks.get(other.id);
  return lacks !== undefined && seq > (by === other.who ? lacks.theirs : lacks.own);
}
