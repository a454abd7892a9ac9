import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { Metrics } from '../common/metrics.js';
import { SocketLimits } from '../limits/socket-limits.js';
import type { ChatSocket } from './chat-socket.js';
import { closeTransport } from './engine.js';
import { type EventHandler, EventHandlers } from './event-handlers.js';
import { Reply } from './reply.js';
import { SocketErrors } from './socket-errors.js';
import { Turn } from './turn.js';

/** Events that must keep their order among each other, beside those of the same name. */
const QUEUE_OF: Record<string, string> = { stopTyping: 'typing' };

/** Brings each event of a socket to its handler and the handler's result to the acknowledgement. */
@Injectable()
export class Dispatcher {
  private inFlight = 0;
  private idle: (() => void)[] = [];
  private isDraining = false;
  private readonly events;

  constructor(
    metrics: Metrics,
    private readonly handlers: EventHandlers,
    private readonly errors: SocketErrors,
    private readonly limits: SocketLimits,
  ) {
    this.events = metrics.counter('socket_events_total', 'Events that clients sent, by name.', ['event']);
  }

  /** Listens to a socket, from the moment it connects. */
  listen(socket: ChatSocket): void {
    /** The last turn taken in each queue of this socket: most sockets never send anything. */
    let turns: Map<string, Turn> | undefined;
    socket.onAny((event: string, ...args: unknown[]) => {
      turns ??= new Map();
      void this.handle(socket, turns, event, args);
    });
  }

  /** Refuses new events, and resolves when those in flight are answered. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async handle(
    socket: ChatSocket,
    turns: Map<string, Turn>,
    event: string,
    args: unknown[],
  ): Promise<void> {
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as (answer: unknown) => void) : undefined;
    const queue = QUEUE_OF[event] ?? event;
    const turn = new Turn(turns.get(queue));
    const reply = new Reply(socket, event, ack, turn);
    const handler = this.handlers.get(event);
    const excess = this.limits.event(socket.data.user.userId, event);
    // By name only for those that exist, or a client could make as many series as it likes.
    this.events.inc({ event: handler ? event : 'unknown' });
    if (excess) return this.refuseExcess(excess, reply, socket, event);
    const refusal = this.refusal(handler, args);
    if (!handler || refusal) return this.errors.refuse(refusal ?? new ChatError('unknown_event'), reply);

    turns.set(queue, turn);
    this.inFlight += 1;
    try {
      reply.succeed(await handler.handle(socket, args[0], reply));
    } catch (thrown) {
      this.errors.answer(thrown, reply, event);
    } finally {
      turn.pass();
      this.inFlight -= 1;
      if (this.inFlight === 0) for (const wake of this.idle.splice(0)) wake();
    }
  }

  /** Who does not stop is closed, and connects again by itself: answering it costs others. */
  private refuseExcess(excess: ChatError, reply: Reply, socket: ChatSocket, event: string): void {
    this.errors.refuse(excess, reply);
    if (!this.limits.mayGoOn(socket.id, event)) closeTransport(socket);
  }

  private refusal(handler: EventHandler | undefined, args: unknown[]): ChatError | undefined {
    if (!handler) return new ChatError('unknown_event');
    if (this.isDraining) return new ChatError('unavailable');
    const [data] = args;
    if (args.length !== 1 || typeof data !== 'object' || data === null || Array.isArray(data)) {
      return new ChatError('validation_failed', {
        errors: [{ field: '', message: 'the event takes one object, then the acknowledgement' }],
      });
    }
    return undefined;
  }
}
