import { Injectable, Logger } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { Refusals } from '../common/errors/refusals.js';
import { Metrics } from '../common/metrics.js';
import type { ChatSocket } from './chat-socket.js';
import { Reply } from './reply.js';
import { socketBody } from './socket-error.filter.js';
import { Turn } from './turn.js';

/** A handler as Nest gives it: guards, pipe, method and error filter in one. */
export type Handler = (data: unknown, reply: Reply) => Promise<unknown>;

interface Dispatch {
  handlers: Map<string, Handler>;
  /** The last turn taken in each queue of this socket. */
  turns: Map<string, Turn>;
}

/** Events that must keep their order among each other, beside those of the same name. */
const QUEUE_OF: Record<string, string> = { stopTyping: 'typing' };

/** Brings each event of a socket to its handler and the handler's result to the acknowledgement. */
@Injectable()
export class Dispatcher {
  private readonly logger = new Logger('Socket');
  private readonly dispatches = new WeakMap<ChatSocket, Dispatch>();
  private inFlight = 0;
  private idle: (() => void)[] = [];
  private isDraining = false;
  private readonly events;

  constructor(
    metrics: Metrics,
    private readonly refusals: Refusals,
  ) {
    this.events = metrics.counter('socket_events_total', 'Events that clients sent, by name.', ['event']);
  }

  /** Adds handlers to a socket; called once by each gateway when the socket connects. */
  bind(socket: ChatSocket, handlers: Iterable<[event: string, handler: Handler]>): void {
    let dispatch = this.dispatches.get(socket);
    if (!dispatch) {
      const made: Dispatch = { handlers: new Map(), turns: new Map() };
      dispatch = made;
      this.dispatches.set(socket, made);
      socket.onAny((event: string, ...args: unknown[]) => void this.handle(socket, made, event, args));
    }
    for (const [event, handler] of handlers) dispatch.handlers.set(event, handler);
  }

  /** Refuses new events, and resolves when those in flight are answered. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async handle(
    socket: ChatSocket,
    dispatch: Dispatch,
    event: string,
    args: unknown[],
  ): Promise<void> {
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as (answer: unknown) => void) : undefined;
    const queue = QUEUE_OF[event] ?? event;
    const turn = new Turn(dispatch.turns.get(queue));
    const reply = new Reply(socket, event, ack, turn);
    const handler = dispatch.handlers.get(event);
    const refusal = this.refusal(handler, args);
    // By name only for those that exist, or a client could make as many series as it likes.
    this.events.inc({ event: handler ? event : 'unknown' });
    if (!handler || refusal) return this.refuse(reply, refusal ?? new ChatError('unknown_event'));

    dispatch.turns.set(queue, turn);
    this.inFlight += 1;
    try {
      reply.succeed(await handler(args[0], reply));
    } catch (error) {
      this.logger.error({ event, err: error });
      reply.fail(new ChatError('internal').body());
    } finally {
      turn.pass();
      this.inFlight -= 1;
      if (this.inFlight === 0) for (const wake of this.idle.splice(0)) wake();
    }
  }

  private refuse(reply: Reply, error: ChatError): void {
    this.refusals.count('socket', error.code);
    reply.fail(socketBody(error));
  }

  private refusal(handler: Handler | undefined, args: unknown[]): ChatError | undefined {
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
