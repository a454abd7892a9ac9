import type { EventEnvelope, Place } from './bus.js';
import type { ChatSocket } from './chat-socket.js';
import type { GivenRange } from './delivery-port.js';
import { GivenNumbers } from './given-numbers.js';
import { Heartbeat } from './heartbeat.js';

/**
 * All that is told to one socket goes through its outbox, in order. It holds back what comes before the socket is
 * admitted, gives each message once (what another device or a repeated send brings again is dropped), and learns
 * by heartbeat what has arrived.
 */
export class Outbox {
  private held: EventEnvelope[] | undefined = [];
  private readonly given = new Map<string, GivenNumbers>();
  /** Conversations of which something was given since the last ping. */
  private readonly unconfirmed = new Set<string>();
  private readonly heartbeat: Heartbeat;

  /** @param confirm - told what has surely arrived */
  constructor(
    private readonly socket: ChatSocket,
    confirm: (ranges: GivenRange[]) => void,
  ) {
    this.heartbeat = new Heartbeat(socket, () => this.takeUnconfirmed(), confirm);
  }

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
    const { place } = envelope;
    if (place && !this.isNew(place)) return;
    if (envelope.exceptSocket === this.socket.id) return;
    this.socket.emit(envelope.event, ...([envelope.payload] as never));
    if (!place?.isReceived) return;
    this.unconfirmed.add(place.conversationId);
    this.heartbeat.askSoon();
  }

  private isNew({ conversationId, seq, previous }: Place): boolean {
    let given = this.given.get(conversationId);
    if (!given) {
      given = new GivenNumbers();
      this.given.set(conversationId, given);
    }
    return given.take(seq, previous);
  }

  private takeUnconfirmed(): GivenRange[] {
    const ranges = [...this.unconfirmed].map((conversationId) => {
      const { from, to } = this.given.get(conversationId) as GivenNumbers;
      return { conversationId, from, to };
    });
    this.unconfirmed.clear();
    return ranges;
  }
}
