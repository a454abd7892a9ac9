/**
 * The objects of the contract as they go over the wire, in events and in HTTP answers alike. Ids are 24 hex
 * digits, times ISO 8601 UTC with milliseconds.
 */

export type MessageStatus = 'sent' | 'delivered' | 'read';
export type AttachmentType = 'image' | 'video' | 'file';

export interface Attachment {
  type: AttachmentType;
  url: string;
}

export interface Message {
  _id: string;
  conversationId: string;
  senderId: string;
  recipientId: string;
  text: string;
  attachment?: Attachment;
  createdAt: string;
  status: MessageStatus;
  /** 1, 2, 3 … without gaps within a conversation. */
  seq: number;
  clientMessageId?: string;
}

/** Somebody has received or read a conversation up to a message. */
export interface StatusChange {
  conversationId: string;
  /** Who received or read. */
  userId: string;
  status: Exclude<MessageStatus, 'sent'>;
  seq: number;
  at: string;
}

/** What one person has set for the conversation with another. */
export interface ConversationMetadata {
  _id: string;
  userId: string;
  otherUserId: string;
  isPinned: boolean;
  isBlocked: boolean;
  customRingtone: string | null;
  isFavorite: boolean;
}

/** A person as others see them. */
export interface Person {
  _id: string;
  name: string;
  photoURL: string | null;
}

/** How somebody looks to the one who is told. */
export interface Presence {
  isOnline: boolean;
  lastSeen: string | null;
}

export interface Friend extends Person, Presence {}

export interface FriendRequest {
  _id: string;
  from: Person;
  to: Person;
  note: string | null;
  createdAt: string;
}

/** How far the two of a conversation are: numbers up to and including, `theirs` as they are shown to this person. */
export interface Marks {
  mine: number;
  theirs: number;
}

/** Where a conversation stands for one person. */
export interface ConversationState {
  conversationId: string;
  /** The last message that this person may see; 0 where there is none. */
  lastSeq: number;
  unreadCount: number;
  read: Marks;
  delivered: Marks;
  metadata: ConversationMetadata;
}

/** An entry of the conversation list. */
export interface Conversation extends ConversationState {
  otherUser: Person & Presence;
  lastMessage: Message | null;
}

/** What a sync says of one conversation. */
export interface SyncedConversation extends ConversationState {
  otherUserId: string;
  /** To be given with the next sync; stands for all that was given so far. */
  token: string;
  /** Oldest first. */
  messages: Message[];
  /** Whether older messages exist that neither this answer nor the token it continues from holds. */
  hasOlder: boolean;
}

/** A person's lists of people. */
export interface People {
  friends: Friend[];
  incoming: FriendRequest[];
  outgoing: FriendRequest[];
}

/** What a device has, to be told what it missed. */
export interface Sync {
  /** Tokens by `conversationId`. */
  conversations: Record<string, string>;
  people?: string;
  limit?: number;
  cursor?: string;
}

export interface SyncAnswer {
  success: true;
  conversations: SyncedConversation[];
  people?: People & { token: string };
  /** Where there is more, what to repeat the call with. */
  cursor: string | null;
}
