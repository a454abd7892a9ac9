import { Injectable } from '@nestjs/common';
import type { Payload, ServerEvent } from './client-events.js';

/** Where a message stands in its conversation, so that an outbox can keep order. */
export interface Place {
  conversationId: string;
  seq: number;
  /** The number before it that this person may see; unknown where it was read again after a fault. */
  previous?: number | undefined;
  /** Whether it is from the other, so that its receipt matters. */
  isReceived: boolean;
}

/**
 * Where a conversation ends after a message, so that the other nodes number the next one right. It goes from node to
 * node and never to a client: it knows what is hidden.
 */
export interface ConversationEnd {
  conversationId: string;
  seq: number;
  tally: [lo: number, hi: number];
  /** The number of the last message that each of the two may see. */
  visible: [lo: number, hi: number];
  /** ISO 8601. */
  createdAt: string;
}

/** An event for all devices of one person. */
export interface EventEnvelope<E extends ServerEvent = ServerEvent> {
  kind: 'event';
  userId: string;
  event: E;
  payload: Payload<E>;
  /** The socket that is not told, since its acknowledgement says the same. */
  exceptSocket?: string | undefined;
  /** What it says goes on: the nodes hear it and the sockets do not. */
  isRenewal?: true | undefined;
  place?: Place | undefined;
  end?: ConversationEnd | undefined;
}

/** The end of sessions of one person: their sockets are disconnected for good. */
export interface EndEnvelope {
  kind: 'end';
  userId: string;
  sessionIds: string[];
}

/** A client of this session has synced over HTTP. */
export interface SyncedEnvelope {
  kind: 'synced';
  userId: string;
  sessionId: string;
}

/** Something may have been lost on the way to this person's devices. */
export interface GapEnvelope {
  kind: 'gap';
  userId: string;
}

export type Envelope =
  { [E in ServerEvent]: EventEnvelope<E> }[ServerEvent] | EndEnvelope | SyncedEnvelope | GapEnvelope;

/** Whether it is the event of this name, and so has its payload. */
export function isEvent<E extends ServerEvent>(
  envelope: EventEnvelope,
  name: E,
): envelope is EventEnvelope<E> {
  return envelope.event === name;
}

export type Hearer = (envelope: Envelope) => void;

/**
 * The one way by which something is told to a person: an envelope, addressed to a user, heard by every node
 * that has a socket of theirs. Envelopes of one publisher to one user keep their order.
 */
export abstract class Bus {
  private readonly relayListeners: ((envelope: EventEnvelope) => void)[] = [];

  /** Hears what is for this user from now on; resolved when that is certain. */
  abstract hear(userId: string, hearer: Hearer): Promise<void>;
  abstract stopHearing(userId: string): void;
  abstract publish(envelope: Envelope): void;

  /** Calls back for each event that comes from another node. */
  onRelayed(listener: (envelope: EventEnvelope) => void): void {
    this.relayListeners.push(listener);
  }

  protected relayed(envelope: EventEnvelope): void {
    for (const listener of this.relayListeners) listener(envelope);
  }
}

/** The bus of a single node: a call. */
@Injectable()
export class InMemoryBus extends Bus {
  private readonly hearers = new Map<string, Hearer>();

  async hear(userId: string, hearer: Hearer): Promise<void> {
    this.hearers.set(userId, hearer);
  }

  stopHearing(userId: string): void {
    this.hearers.delete(userId);
  }

  publish(envelope: Envelope): void {
    this.hearers.get(envelope.userId)?.(envelope);
  }
}
