import { Injectable } from '@nestjs/common';
import type { Identity } from '../common/identity.js';
import { Bus, type ConversationEnd, type EventEnvelope, type Place } from './bus.js';
import type { Payload, ServerEvent } from './client-events.js';
import { Connections } from './connections.js';

interface TellOptions {
  exceptSocket?: string | undefined;
  isRenewal?: true | undefined;
  place?: Place | undefined;
  end?: ConversationEnd | undefined;
}

/** What features use to reach people: the only way anything is sent to a socket. */
@Injectable()
export class Realtime {
  constructor(
    private readonly bus: Bus,
    private readonly connections: Connections,
  ) {}

  /** Tells all devices of this person, on whatever node. A hint: it may be lost, a fetch gives the truth. */
  tell<E extends ServerEvent>(
    userId: string,
    event: E,
    payload: Payload<E>,
    options: TellOptions = {},
  ): void {
    this.bus.publish({ kind: 'event', userId, event, payload, ...options } as Parameters<Bus['publish']>[0]);
  }

  /** Tells the devices on this node alone, where another node should have told and may be dead. */
  tellHere<E extends ServerEvent>(userId: string, event: E, payload: Payload<E>): void {
    this.connections.deliver({ kind: 'event', userId, event, payload } as Parameters<Bus['publish']>[0]);
  }

  /** Calls back for each event for a person of this node that another node has told. */
  onRelayed(listener: (envelope: EventEnvelope) => void): void {
    this.bus.onRelayed(listener);
  }

  /** Disconnects the sockets of these sessions for good. */
  endSessions(userId: string, sessionIds: string[]): void {
    if (sessionIds.length > 0) this.bus.publish({ kind: 'end', userId, sessionIds });
  }

  /**
   * A client has all that a sync gives, so what is told to it from now on goes on from there.
   *
   * @param upTo - the last number given of each conversation
   * @param socketId - the socket that asked; without it, all of the session
   */
  synced({ userId, sessionId }: Identity, upTo: Map<string, number>, socketId?: string): void {
    if (socketId === undefined) this.bus.publish({ kind: 'synced', userId, sessionId });
    else this.connections.synced(userId, socketId, upTo);
  }
}
