import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { ConversationState, People } from '../realtime/wire.js';
import { Seals } from './seals.js';

/** What a device was given of a conversation: all up to a number, and the state beside it. */
export interface Given {
  /** Up to and including. */
  seq: number;
  /** Of receipts, unread count and metadata as they were told. */
  digest: string;
}

/** What the answers of one round, from a call without a cursor to its last repetition, have given so far. */
export interface Round {
  conversations: Map<string, Given>;
  /** The digest of the people, where they were given. */
  people?: string | undefined;
}

/** The layouts. Another layout takes another version; what is of an older one is unknown, so the client starts anew. */
const VERSION = 1;
const DIGEST_BYTES = 8;
const GIVEN_BYTES = 6 + DIGEST_BYTES;
const ENTRY_BYTES = 12 + GIVEN_BYTES;
const NO_DIGEST = '0'.repeat(2 * DIGEST_BYTES);

/** The digest of whatever was told: 64 bits of SHA-256, in hex. */
function digestOf(told: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(told))
    .digest('hex')
    .slice(0, 2 * DIGEST_BYTES);
}

/** The digest of a state as it is told. The last number is no part of it: up to where was given says more. */
export function stateDigest({ unreadCount, read, delivered, metadata }: ConversationState): string {
  return digestOf([unreadCount, read, delivered, metadata]);
}

/** The digest of the lists as they are told, presence included. */
export function peopleDigest({ friends, incoming, outgoing }: People): string {
  return digestOf([friends, incoming, outgoing]);
}

/**
 * Tokens and cursors of the sync. They say what was given, so that the service keeps nothing of its clients; each
 * is bound to the person, and a token to its conversation.
 */
@Injectable()
export class GivenTokens {
  constructor(private readonly seals: Seals) {}

  ofConversation(userId: string, conversationId: string, given: Given): string {
    const content = Buffer.alloc(1 + GIVEN_BYTES);
    content.writeUInt8(VERSION, 0);
    writeGiven(content, 1, given);
    return this.seals.seal(`conversation ${userId} ${conversationId}`, content);
  }

  /** What the token stands for; `undefined` for none of this person and conversation. */
  readConversation(userId: string, conversationId: string, token: string): Given | undefined {
    const content = this.seals.open(`conversation ${userId} ${conversationId}`, token);
    return content?.[0] === VERSION ? readGiven(content, 1) : undefined;
  }

  ofPeople(userId: string, digest: string): string {
    return this.seals.seal(`people ${userId}`, Buffer.from(digest, 'hex'));
  }

  /** The digest that the token stands for; `undefined` for none of this person. */
  readPeople(userId: string, token: string): string | undefined {
    return this.seals.open(`people ${userId}`, token)?.toString('hex');
  }

  ofRound(userId: string, { conversations, people }: Round): string {
    const content = Buffer.alloc(1 + DIGEST_BYTES + ENTRY_BYTES * conversations.size);
    content.writeUInt8(VERSION, 0);
    content.write(people ?? NO_DIGEST, 1, 'hex');
    let at = 1 + DIGEST_BYTES;
    for (const [conversationId, given] of conversations) {
      content.write(conversationId, at, 'hex');
      writeGiven(content, at + 12, given);
      at += ENTRY_BYTES;
    }
    return this.seals.seal(`round ${userId}`, content);
  }

  /** @throws ChatError `validation_failed` for no cursor of this person */
  readRound(userId: string, cursor: string): Round {
    const content = this.seals.open(`round ${userId}`, cursor);
    if (content?.[0] !== VERSION) throw ChatError.invalid('cursor', 'must be the `cursor` of an answer');
    const people = content.toString('hex', 1, 1 + DIGEST_BYTES);
    const conversations = new Map<string, Given>();
    for (let at = 1 + DIGEST_BYTES; at < content.length; at += ENTRY_BYTES) {
      conversations.set(content.toString('hex', at, at + 12), readGiven(content, at + 12));
    }
    return { conversations, people: people === NO_DIGEST ? undefined : people };
  }
}

function writeGiven(content: Buffer, at: number, { seq, digest }: Given): void {
  content.writeUIntBE(seq, at, 6);
  content.write(digest, at + 6, 'hex');
}

function readGiven(content: Buffer, at: number): Given {
  return { seq: content.readUIntBE(at, 6), digest: content.toString('hex', at + 6, at + GIVEN_BYTES) };
}
