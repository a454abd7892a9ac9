import type { ErrorBody } from '../common/errors/chat-error.js';
import type {
  Attachment,
  ConversationMetadata,
  Friend,
  FriendRequest,
  Message,
  StatusChange,
  Sync,
  SyncAnswer,
} from './wire.js';

/**
 * The typed map of events, both directions. The server, its tests and everything generated are made from this
 * file; nothing is emitted by a name that is not here.
 */

/** What every acknowledgement says. */
export type Ack<T> = (answer: { success: true; data: T } | (ErrorBody & { success: false })) => void;

export interface SendMessage {
  recipientId: string;
  text?: string;
  attachment?: Attachment | null;
  clientMessageId?: string;
}

/** How far a person is in a conversation: up to and including `seq`. */
export interface ReceiptOf {
  conversationId: string;
  seq: number;
}

export interface ClientToServerEvents {
  sendMessage: (message: SendMessage, ack?: Ack<Message>) => void;
  typing: (to: { recipientId: string }, ack?: Ack<null>) => void;
  stopTyping: (to: { recipientId: string }, ack?: Ack<null>) => void;
  messageDelivered: (upTo: ReceiptOf, ack?: Ack<null>) => void;
  messageRead: (upTo: ReceiptOf, ack?: Ack<null>) => void;
  sync: (what: Sync, ack?: Ack<SyncAnswer>) => void;
  authenticate: (with_: { token: string }, ack?: Ack<null>) => void;
}

export interface ServerToClientEvents {
  receiveMessage: (message: Message) => void;
  messageSent: (message: Message) => void;
  messageStatus: (status: StatusChange) => void;
  userStatus: (status: { userId: string; isOnline: boolean; lastSeen: string | null }) => void;
  typingStatus: (status: { senderId: string; isTyping: boolean }) => void;
  conversationUpdated: (metadata: ConversationMetadata) => void;
  friendRequest: (request: FriendRequest) => void;
  friendAccepted: (friend: Friend) => void;
  friendRemoved: (whom: { userId: string }) => void;
  friendRequestClosed: (which: { requestId: string }) => void;
  ready: (who: { userId: string; sessionId: string }) => void;
  exception: (error: ErrorBody & { event: string }) => void;
}

export type ServerEvent = keyof ServerToClientEvents;
export type Payload<E extends ServerEvent> = Parameters<ServerToClientEvents[E]>[0];
