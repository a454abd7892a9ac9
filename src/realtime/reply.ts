import type { ErrorBody } from '../common/errors/chat-error.js';
import type { ChatSocket } from './chat-socket.js';
import type { Turn } from './turn.js';

/** The answer to one event: by its acknowledgement, or where the client gave none, a failure as `exception`. */
export class Reply {
  private isAnswered = false;

  constructor(
    private readonly socket: ChatSocket,
    private readonly event: string,
    private readonly ack: ((answer: unknown) => void) | undefined,
    /** The place of the event in the order of its socket's events. */
    readonly turn: Turn,
  ) {}

  succeed(data: unknown): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.ack?.({ success: true, data: data ?? null });
  }

  fail(body: ErrorBody): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (this.ack) this.ack(body);
    else this.socket.emit('exception', { ...body, event: this.event });
  }
}
