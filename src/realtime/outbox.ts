import type { EventEnvelope, Place } from './bus.js';
import type { ChatSocket } from './chat-socket.js';

/**
 * All that is sent to one socket goes through its outbox, in order. It holds back what comes before the socket
 * is admitted, and never gives a message that lies behind one it has given: within a conversation a connection
 * sees numbers that only grow.
 */
export class Outbox {
  private held: EventEnvelope[] | undefined = [];
  private readonly given = new Map<string, number>();

  constructor(private readonly socket: ChatSocket) {}

  /** Gives the event to the socket, or holds it until the socket is admitted. */
  give(envelope: EventEnvelope): void {
    if (this.held) this.held.push(envelope);
    else this.write(envelope);
  }

  /** Ends the holding back: says `ready`, then gives what came meanwhile. */
  open(): void {
    const { user } = this.socket.data;
    this.socket.emit('ready', { userId: user.userId, sessionId: user.sessionId });
    const held = this.held ?? [];
    this.held = undefined;
    for (const envelope of held) this.write(envelope);
  }

  private write(envelope: EventEnvelope): void {
    if (envelope.place && !this.advance(envelope.place)) return;
    if (envelope.exceptSocket === this.socket.id) return;
    this.socket.emit(envelope.event, ...([envelope.payload] as never));
  }

  private advance({ conversationId, seq }: Place): boolean {
    if (seq <= (this.given.get(conversationId) ?? 0)) return false;
    this.given.set(conversationId, seq);
    return true;
  }
}
