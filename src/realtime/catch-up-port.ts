import { Injectable } from '@nestjs/common';
import type { Message } from './wire.js';

/** Where a conversation stands for a person when a connection of theirs begins. */
export interface Standing {
  conversationId: string;
  /** The last number that they may see. */
  lastSeq: number;
  /** Up to where nothing is to be given any more: a device of theirs has all of the other's messages up to here. */
  confirmed: number;
}

/** Numbers of a conversation: above `after`, up to and including `upTo`. */
export interface MessageRange {
  conversationId: string;
  after: number;
  upTo: number;
}

/** What sockets need to know about conversations. */
export interface MessageSource {
  /** Where each conversation of this person stands. */
  standings(userId: string): Promise<Standing[]>;
  /** What this person may see of these ranges, by conversation, oldest first. */
  read(userId: string, ranges: MessageRange[]): Promise<Map<string, Message[]>>;
}

/** The port by which the feature that knows conversations serves the sockets, which know no feature. */
@Injectable()
export class CatchUpPort implements MessageSource {
  private source: MessageSource | undefined;

  register(source: MessageSource): void {
    this.source = source;
  }

  standings(userId: string): Promise<Standing[]> {
    return this.registered.standings(userId);
  }

  read(userId: string, ranges: MessageRange[]): Promise<Map<string, Message[]>> {
    return this.registered.read(userId, ranges);
  }

  private get registered(): MessageSource {
    if (!this.source) throw new Error('No source of messages is registered');
    return this.source;
  }
}
