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

/** What the other is shown: how far the person comes for them, messages behind a lifted block included. */
export type Shown = Pick<Advance, 'delivered' | 'read'>;

/**
 * What to show of an advance. Whoever comes to the last message that they may see has also come past those that were
 * hidden from them behind it: to who wrote them they look like any other.
 *
 * @param lastVisible - the last number that the person may see
 * @param end - the last number of the conversation
 */
export function shownOf(
  marks: Watermarks,
  advance: Advance,
  { isReading, lastVisible, end }: { isReading: boolean; lastVisible: number; end: number },
): Shown {
  const { delivered, read } = advanced(marks, advance);
  const reach = (mark: number) => (mark >= lastVisible ? end : mark);
  return { delivered: reach(delivered), read: isReading ? reach(read) : read };
}

/**
 * Whether the other is still to be shown that the person came past what was hidden at the end: they have all that
 * they may see, and what is shown ends before.
 */
export function isBehind(
  { delivered, read, shownDelivered, shownRead }: Watermarks,
  kind: 'delivered' | 'read',
  { lastVisible, end }: { lastVisible: number; end: number },
): boolean {
  const [mark, shown] = kind === 'read' ? [read, shownRead] : [delivered, shownDelivered];
  return lastVisible < end && mark >= lastVisible && shown < end;
}

/** Whether the other is shown less than there is, as after a block. */
export function lags({ delivered, read, shownDelivered, shownRead }: Watermarks): boolean {
  return shownDelivered < delivered || shownRead < read;
}

/**
 * The watermarks after an advance; read implies delivered.
 *
 * @param shown - what the other is shown of it, where they may see it
 */
export function advanced(marks: Watermarks, advance: Advance, shown?: Shown): Watermarks {
  const read = Math.max(marks.read, advance.read);
  const delivered = Math.max(marks.delivered, advance.delivered, read);
  return {
    delivered,
    read,
    readTally: Math.max(marks.readTally, advance.readTally),
    shownDelivered: Math.max(marks.shownDelivered, shown?.delivered ?? 0),
    shownRead: Math.max(marks.shownRead, shown?.read ?? 0),
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
