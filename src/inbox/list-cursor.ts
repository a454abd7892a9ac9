import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Position } from './conversation-view.js';
import { Seals } from './seals.js';

/** The layout: version, pinned or not, time, conversation. Another layout takes another version. */
const VERSION = 1;
const BYTES = 20;

/** Cursors of the conversation list: the place of the last entry given (a keyset page). */
@Injectable()
export class ListCursor {
  constructor(private readonly seals: Seals) {}

  make(userId: string, { isPinned, lastAt, conversationId }: Position): string {
    const content = Buffer.alloc(BYTES);
    content.writeUInt8(VERSION, 0);
    content.writeUInt8(Number(isPinned), 1);
    content.writeUIntBE(lastAt, 2, 6);
    content.write(conversationId, 8, 'hex');
    return this.seals.seal(`list ${userId}`, content);
  }

  /** @throws ChatError `validation_failed` for whatever was not made for this person */
  read(userId: string, cursor: string): Position {
    const content = this.seals.open(`list ${userId}`, cursor);
    if (content?.[0] !== VERSION || content.length !== BYTES) {
      throw ChatError.invalid('cursor', 'must be the `nextCursor` of an answer');
    }
    return {
      isPinned: content[1] === 1,
      lastAt: content.readUIntBE(2, 6),
      conversationId: content.toString('hex', 8),
    };
  }
}
