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
