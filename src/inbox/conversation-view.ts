import { metadataOf } from '../conversations/conversations.service.js';
import { DEFAULTS, type Settings } from '../conversations/settings.js';
import { otherSide, type Receipts, sideOf } from '../messages/receipts.js';
import type { ConversationState } from '../realtime/wire.js';

/** Where a conversation stands for one person at one moment. */
export interface ConversationView {
  conversationId: string;
  viewerId: string;
  otherUserId: string;
  /** The last message that the viewer may see; 0 where there is none. */
  lastSeq: number;
  /** The last number of all, that of a message hidden from the viewer included. */
  endSeq: number;
  /** When that one was sent, in milliseconds since 1970; 0 where there is none. */
  lastAt: number;
  unreadCount: number;
  receipts: Receipts;
  /** What the viewer has set, where they ever did. */
  settings: Settings | undefined;
}

/** Whether the conversation exists for the viewer: there is something to see, or they have set something. */
export function isListed({ lastSeq, settings }: ConversationView): boolean {
  return lastSeq > 0 || settings !== undefined;
}

/** What is told of it. The other's receipts are those that are shown: behind a block they stand still. */
export function stateOf(view: ConversationView): ConversationState {
  const { conversationId, viewerId, otherUserId, lastSeq, unreadCount, receipts, settings } = view;
  const side = sideOf(viewerId, otherUserId);
  const own = receipts[side];
  const other = receipts[otherSide(side)];
  return {
    conversationId,
    lastSeq,
    unreadCount,
    read: { mine: own.read, theirs: other.shownRead },
    delivered: { mine: own.delivered, theirs: other.shownDelivered },
    metadata: metadataOf(viewerId, otherUserId, settings ?? DEFAULTS),
  };
}

/** A place in the list. */
export interface Position {
  isPinned: boolean;
  /** When the last message was sent, in milliseconds since 1970; 0 where there is none. */
  lastAt: number;
  conversationId: string;
}

export function positionOf({ settings, lastAt, conversationId }: ConversationView): Position {
  return { isPinned: settings?.isPinned ?? false, lastAt, conversationId };
}

/** Pinned first, then the newest, then by id; so those without a message are the last of their kind. */
export function inListOrder(one: Position, other: Position): number {
  return (
    Number(other.isPinned) - Number(one.isPinned) ||
    other.lastAt - one.lastAt ||
    (one.conversationId < other.conversationId ? -1 : Number(one.conversationId > other.conversationId))
  );
}
