import { Bus, type Envelope, type EventEnvelope } from '../../src/realtime/bus.js';
import type { RunningApp } from './running-app.js';

type Wanted = (envelope: EventEnvelope) => boolean;

/** The bus of a running application, made to lose events or to hold them back, as one between nodes may. */
export class UnreliableBus {
  /** What was lost so far. */
  readonly lost: EventEnvelope[] = [];
  private readonly held: EventEnvelope[] = [];
  private readonly publish: (envelope: Envelope) => void;
  private isLost: Wanted = () => false;
  private isHeld: Wanted = () => false;

  private constructor(private readonly bus: Bus) {
    this.publish = bus.publish.bind(bus);
    bus.publish = (envelope) => this.carry(envelope);
  }

  static of({ app }: RunningApp): UnreliableBus {
    return new UnreliableBus(app.get(Bus));
  }

  /** Loses these from now on. */
  loses(isLost: Wanted): void {
    this.isLost = isLost;
  }

  /** Holds these back from now on, so that others overtake them. */
  holds(isHeld: Wanted): void {
    this.isHeld = isHeld;
  }

  /** Brings what was held back, and everything from now on. */
  heals(): void {
    this.isLost = () => false;
    this.isHeld = () => false;
    for (const envelope of this.held.splice(0)) this.publish(envelope as Envelope);
  }

  /** Puts the application's own bus back. */
  restore(): void {
    this.heals();
    this.bus.publish = this.publish;
  }

  private carry(envelope: Envelope): void {
    if (envelope.kind === 'event' && this.isLost(envelope)) this.lost.push(envelope);
    else if (envelope.kind === 'event' && this.isHeld(envelope)) this.held.push(envelope);
    else this.publish(envelope);
  }
}

/** A message with one of these numbers, told by this event. */
export function message(event: 'receiveMessage' | 'messageSent', ...seqs: number[]): Wanted {
  return (envelope) => envelope.event === event && seqs.includes(envelope.place?.seq ?? 0);
}
