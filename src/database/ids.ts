import { createHash } from 'node:crypto';
import { Types } from 'mongoose';

/** What a computed id stands for; part of what is hashed, so that ids of different kinds never meet. */
type Kind = 'conversation' | 'friendship' | 'metadata';

const KEPT = 200_000;
const remembered = new Map<string, string>();

/**
 * The computed id of a row about two people: the first 12 bytes of SHA-256 over the kind and the hex ids. The
 * same on every node, so there is nothing to look up and nothing to create first; evenly spread over shards.
 * Remembered, since hashing shows in a profile of the message path.
 */
function computedId(kind: Kind, first: string, second: string): string {
  const hashed = `${kind}:${first}:${second}`;
  let id = remembered.get(hashed);
  if (id === undefined) {
    id = createHash('sha256').update(hashed).digest('hex').slice(0, 24);
    if (remembered.size >= KEPT) remembered.clear();
    remembered.set(hashed, id);
  }
  return id;
}

/** The two people of a conversation in the order of their ids: the first, `lo`, and the second, `hi`. */
export function inOrder(one: string, other: string): [lo: string, hi: string] {
  return one < other ? [one, other] : [other, one];
}

/** The id of the conversation of two people, in either order. */
export function conversationIdOf(one: string, other: string): string {
  return computedId('conversation', ...inOrder(one, other));
}

/** The id of the row that says what `me` and `other` are to each other, as `me` sees it. */
export function friendshipIdOf(me: string, other: string): string {
  return computedId('friendship', me, other);
}

/** The id of the row that says what `me` has set for the conversation with `other`. */
export function metadataIdOf(me: string, other: string): string {
  return computedId('metadata', me, other);
}

/** The text form as MongoDB's own type. */
export function objectId(hex: string): Types.ObjectId {
  return Types.ObjectId.createFromHexString(hex);
}

/** A new id, made by the clock as MongoDB makes them. */
export function newId(): string {
  return new Types.ObjectId().toHexString();
}
