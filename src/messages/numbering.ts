import type { Draft, StoredMessage } from './message.js';
import { sideOf } from './receipts.js';

type PerPerson = [lo: number, hi: number];

/** A stored message without what it says. */
export type Placed = Omit<StoredMessage, 'text' | 'attachment' | 'previous'>;

/** What the next message of a conversation follows on: all of it can be read off the last message. */
export interface Head {
  seq: number;
  tally: PerPerson;
  /** The number of the last message that each of the two may see. */
  visible: PerPerson;
  createdAt: Date;
}

const START: Head = { seq: 0, tally: [0, 0], visible: [0, 0], createdAt: new Date(0) };

/** The head of a conversation, from its last message or from having none. */
export function headAfter(last: Placed | undefined): Head {
  if (!last) return START;
  const visible: PerPerson = [last.seq, last.seq];
  if (last.hidden) visible[sideOf(last.recipientId, last.senderId)] = last.lastVisible ?? 0;
  return { seq: last.seq, tally: last.tally, visible, createdAt: last.createdAt };
}

/**
 * Gives a draft its place behind the head: the next number, the tallies, and a time that never runs backwards
 * within the conversation, since the clocks of nodes differ. A message hidden from its recipient takes a number
 * but does not count in the tally, and points to the last one that the recipient may see.
 */
export function placeBehind(head: Head, draft: Draft, isHidden: boolean, now = new Date()): StoredMessage {
  const { _id, conversationId, senderId, recipientId, text, attachment, clientMessageId } = draft;
  const [lo, hi] = head.tally;
  const tally: PerPerson = [lo, hi];
  if (!isHidden) tally[sideOf(senderId, recipientId)] += 1;
  const message: StoredMessage = {
    _id,
    conversationId,
    senderId,
    recipientId,
    text,
    seq: head.seq + 1,
    previous: head.visible,
    tally,
    createdAt: now < head.createdAt ? head.createdAt : now,
  };
  if (attachment) message.attachment = attachment;
  if (clientMessageId !== undefined) message.clientMessageId = clientMessageId;
  if (isHidden) {
    message.hidden = true;
    message.lastVisible = head.visible[sideOf(recipientId, senderId)];
  }
  return message;
}
