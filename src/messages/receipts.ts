import { inOrder } from '../database/ids.js';
import type { MessageStatus } from '../realtime/wire.js';

/** How far one person is in a conversation, as numbers up to and including. They only move forward. */
export interface Watermarks {
  /** Given to a device of theirs. */
  delivered: number;
  read: number;
  /** How many messages the other had written, that they may see, at `read`. */
  readTally: number;
  /** What the other is shown; stands still while either blocks the other. */
  shownDelivered: number;
  shownRead: number;
}

/** The receipts of one conversation, for the first and the second of the two. */
export type Receipts = readonly [lo: Watermarks, hi: Watermarks];

const NOTHING: Watermarks = { delivered: 0, read: 0, readTally: 0, shownDelivered: 0, shownRead: 0 };

/** The receipts of a conversation in which nothing was received yet. */
export const NO_RECEIPTS: Receipts = [NOTHING, NOTHING];

/** Which of the two this person is. */
export function sideOf(userId: string, otherUserId: string): 0 | 1 {
  return inOrder(userId, otherUserId)[0] === userId ? 0 : 1;
}

/** The other one's side. */
export function otherSide(side: 0 | 1): 0 | 1 {
  return side === 0 ? 1 : 0;
}

/** How far a person comes: delivered up to, read up to, and the tally there. */
export interface Advance {
  delivered: number;
  read: number;
  readTally: number;
}

/**
 * The watermarks after an advance; read implies delivered.
 *
 * @param isShown - whether the other may see it: then what is shown catches up with all that was hidden before
 */
export function advanced(marks: Watermarks, advance: Advance, isShown: boolean): Watermarks {
  const read = Math.max(marks.read, advance.read);
  const delivered = Math.max(marks.delivered, advance.delivered, read);
  return {
    delivered,
    read,
    readTally: Math.max(marks.readTally, advance.readTally),
    shownDelivered: isShown ? Math.max(marks.shownDelivered, delivered) : marks.shownDelivered,
    shownRead: isShown ? Math.max(marks.shownRead, read) : marks.shownRead,
  };
}

/**
 * Whether a range that begins at `from` goes on where delivered ends: none of the other's messages lies between.
 *
 * @param otherTallyAt - how many messages the other had written, that the person may see, at a number
 */
export function goesOn(from: number, delivered: number, otherTallyAt: (seq: number) => number): boolean {
  return from - 1 <= delivered || otherTallyAt(from - 1) <= otherTallyAt(delivered);
}

/** The receipts with other watermarks on one side. */
export function withMarks([lo, hi]: Receipts, side: 0 | 1, marks: Watermarks): Receipts {
  return side === 0 ? [marks, hi] : [lo, marks];
}

/** Whether anything moved. */
export function hasMoved(before: Watermarks, after: Watermarks): boolean {
  return (Object.keys(before) as (keyof Watermarks)[]).some((mark) => before[mark] !== after[mark]);
}

/**
 * A message's status as its viewer sees it: the sender is told what is shown, the recipient knows what they have
 * read themselves.
 */
export function statusOf(
  message: { senderId: string; recipientId: string; seq: number },
  receipts: Receipts,
  viewerId: string,
): MessageStatus {
  const marks = receipts[sideOf(message.recipientId, message.senderId)];
  const [delivered, read] =
    viewerId === message.senderId ? [marks.shownDelivered, marks.shownRead] : [marks.delivered, marks.read];
  if (message.seq <= read) return 'read';
  return message.seq <= delivered ? 'delivered' : 'sent';
}
