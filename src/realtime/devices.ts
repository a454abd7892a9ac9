import { type Envelope, type EventEnvelope, isEvent } from './bus.js';
import type { ChatSocket } from './chat-socket.js';
import type { Backlog } from './engine.js';
import type { Outbox } from './outbox.js';

/** A socket with what belongs to it. */
export interface Connection {
  socket: ChatSocket;
  outbox: Outbox;
  backlog: Backlog;
  expiry?: NodeJS.Timeout;
}

/** The devices of one person on this node, and what reaches them all. */
export class Devices {
  readonly connections = new Map<string, Connection>();
  /** Whom the person has blocked since the first of these devices is here. */
  private blocked: Set<string> | undefined;

  /** @param hearing - resolved when the bus surely brings what is for this person */
  constructor(readonly hearing: Promise<void>) {}

  /** Brings what the bus says to the sockets that it concerns. */
  take(envelope: Envelope): void {
    switch (envelope.kind) {
      case 'event':
        if (envelope.isRenewal || this.isBlockedMeanwhile(envelope)) return;
        for (const { outbox } of this.all()) outbox.give(envelope);
        return;
      case 'end':
        for (const { socket } of this.ofSessions(envelope.sessionIds)) socket.disconnect(true);
        return;
      case 'synced':
        for (const { outbox } of this.ofSessions([envelope.sessionId])) outbox.synced();
        return;
      case 'gap':
        for (const { outbox } of this.all()) outbox.closeHoles();
    }
  }

  /**
   * A message, or typing, may have been checked before a block and be pushed after it. Whoever blocks somebody hears
   * nothing of them from that moment on, so the person's own settings, which pass here too, are remembered.
   */
  private isBlockedMeanwhile(envelope: EventEnvelope): boolean {
    if (isEvent(envelope, 'conversationUpdated')) {
      const { otherUserId, isBlocked } = envelope.payload;
      if (isBlocked) (this.blocked ??= new Set()).add(otherUserId);
      else this.blocked?.delete(otherUserId);
    }
    if (isEvent(envelope, 'typingStatus')) {
      return envelope.payload.isTyping && this.hasBlocked(envelope.payload.senderId);
    }
    return isEvent(envelope, 'receiveMessage') && this.hasBlocked(envelope.payload.senderId);
  }

  private hasBlocked(userId: string): boolean {
    return this.blocked?.has(userId) === true;
  }

  private all(): Iterable<Connection> {
    return this.connections.values();
  }

  private ofSessions(sessionIds: string[]): Connection[] {
    return [...this.all()].filter(({ socket }) => sessionIds.includes(socket.data.user.sessionId));
  }
}
