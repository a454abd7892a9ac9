import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

/** What happens inside the service and concerns features that may not be imported. Never sent to clients. */
export interface DomainEventMap {
  /** A socket was admitted. */
  'connection.opened': { userId: string; socketId: string };
  /** A socket is gone, whether it was admitted or not. */
  'connection.closed': { userId: string; socketId: string };
  /** Someone came online, or went offline and the grace period is over. */
  'presence.changed': { userId: string; isOnline: boolean; lastSeen: Date | null };
  /** Someone blocked or unblocked another person, and it is stored. */
  'block.changed': { blockerId: string; blockedId: string; isBlocked: boolean };
  /** Two people are no longer friends, and it is stored. */
  'friendship.ended': { userId: string; otherUserId: string };
}

type Listener<E extends keyof DomainEventMap> = (event: DomainEventMap[E]) => void;

/**
 * The typed map of what features tell each other without importing each other. Listeners run at once, in the
 * order they were added, on this node only; they must not throw, and what takes time they do by themselves.
 */
@Injectable()
export class DomainEvents {
  private readonly emitter = new EventEmitter({ captureRejections: false }).setMaxListeners(50);

  emit<E extends keyof DomainEventMap>(name: E, event: DomainEventMap[E]): void {
    this.emitter.emit(name, event);
  }

  on<E extends keyof DomainEventMap>(name: E, listener: Listener<E>): void {
    this.emitter.on(name, listener);
  }
}
