import type { Attachment, Message, MessageStatus } from '../realtime/wire.js';

/** A message as its sender gave it, with the id made once for this send. */
export interface Draft {
  _id: string;
  conversationId: string;
  senderId: string;
  recipientId: string;
  text: string;
  attachment?: Attachment | undefined;
  clientMessageId?: string | undefined;
}

/** A message with its place in the conversation, as it is stored. */
export interface StoredMessage extends Draft {
  seq: number;
  tally: [lo: number, hi: number];
  createdAt: Date;
  /** The number before it that each of the two may see; known only where it was numbered, and not stored. */
  previous?: [lo: number, hi: number] | undefined;
  /** Written behind a block: the recipient never sees it. */
  hidden?: true | undefined;
  /** With `hidden`: the number of the last message that the recipient may see. */
  lastVisible?: number | undefined;
}

/** The message object of the contract. What is hidden, and the tallies, stay inside. */
export function toWire(message: StoredMessage, status: MessageStatus): Message {
  const wire: Message = {
    _id: message._id,
    conversationId: message.conversationId,
    senderId: message.senderId,
    recipientId: message.recipientId,
    text: message.text,
    createdAt: message.createdAt.toISOString(),
    status,
    seq: message.seq,
  };
  if (message.attachment) wire.attachment = message.attachment;
  if (message.clientMessageId !== undefined) wire.clientMessageId = message.clientMessageId;
  return wire;
}

/** The idempotency key with its scope, where the sender gave one. */
export function idempotencyKeyOf({ conversationId, senderId, clientMessageId }: Draft): string | undefined {
  return clientMessageId === undefined ? undefined : conversationId + senderId + clientMessageId;
}

/** Whether two sends under one `clientMessageId` say the same. */
export function hasSameContent(one: Draft, other: Draft): boolean {
  return (
    one.text === other.text &&
    one.attachment?.type === other.attachment?.type &&
    one.attachment?.url === other.attachment?.url
  );
}
