import type { ErrorBody } from '../common/errors/chat-error.js';
import type { Attachment, ConversationMetadata, Friend, FriendRequest, Message } from './wire.js';

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

export interface ClientToServerEvents {
  sendMessage: (message: SendMessage, ack?: Ack<Message>) => void;
  typing: (to: { recipientId: string }, ack?: Ack<null>) => void;
  stopTyping: (to: { recipientId: string }, ack?: Ack<null>) => void;
  authenticate: (with_: { token: string }, ack?: Ack<null>) => void;
}

export interface ServerToClientEvents {
  receiveMessage: (message: Message) => void;
  messageSent: (message: Message) => void;
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
