import type { EventEnvelope, Place } from './bus.js';
import type { ChatSocket } from './chat-socket.js';
import { GivenNumbers } from './given-numbers.js';

/**
 * All that is told to one socket goes through its outbox, in order. It holds back what comes before the socket is
 * admitted, and gives each message once: what another device or a repeated send brings again is dropped.
 */
export class Outbox {
  private held: EventEnvelope[] | undefined = [];
  private readonly given = new Map<string, GivenNumbers>();

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
    if (envelope.place && !this.isNew(envelope.place)) return;
    if (envelope.exceptSocket === this.socket.id) return;
    this.socket.emit(envelope.event, ...([envelope.payload] as never));
  }

  private isNew({ conversationId, seq }: Place): boolean {
    let given = this.given.get(conversationId);
    if (!given) {
      given = new GivenNumbers();
      this.given.set(conversationId, given);
    }
    return given.take(seq);
  }
}
