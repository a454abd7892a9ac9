import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { ErrorBody } from '../../src/common/errors/chat-error.js';
import type {
  ClientToServerEvents,
  Payload,
  ServerEvent,
  ServerToClientEvents,
} from '../../src/realtime/client-events.js';
import type { Message, SyncAnswer } from '../../src/realtime/wire.js';

export type Answer<T> = { success: true; data: T } | ErrorBody;

/** What an event's acknowledgement carries when it succeeds. */
interface Answers {
  sendMessage: Message;
  typing: null;
  stopTyping: null;
  messageDelivered: null;
  messageRead: null;
  sync: SyncAnswer;
  authenticate: null;
}

interface Seen {
  event: string;
  payload: unknown;
}

interface Waiter {
  matches: (seen: Seen) => boolean;
  resolve: (seen: Seen) => void;
}

/** How long a test waits for an event before it fails, in milliseconds. */
const PATIENCE = 15_000;

/** One connected device: keeps every event it was told, so that a test can ask for them in any order. */
export class Device {
  /** Every event so far, in the order of arrival. */
  readonly seen: Seen[] = [];
  private unread: Seen[] = [];
  private waiters: Waiter[] = [];

  constructor(readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>) {
    socket.onAny((event: string, payload: unknown) => this.note({ event, payload }));
    socket.on('disconnect', (reason) => this.note({ event: 'disconnect', payload: reason }));
    socket.on('connect_error', (error) => this.note({ event: 'connect_error', payload: error }));
  }

  /** Opens a socket; not yet connected when this returns. */
  static open(url: string, options: Partial<ManagerOptions & SocketOptions>): Device {
    return new Device(
      io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options }),
    );
  }

  /** The next event of this name that was not asked for yet. */
  async hears<E extends ServerEvent>(
    event: E,
    matches: (payload: Payload<E>) => boolean = () => true,
  ): Promise<Payload<E>> {
    return (await this.next(event, (payload) => matches(payload as Payload<E>))) as Payload<E>;
  }

  /** The reason of the next disconnect. */
  async isDisconnected(): Promise<string> {
    return (await this.next('disconnect')) as string;
  }

  /** The error of the next refused connection. */
  async isRefused(): Promise<Error & { data?: ErrorBody }> {
    return (await this.next('connect_error')) as Error & { data?: ErrorBody };
  }

  /** All payloads of this event so far. */
  all<E extends ServerEvent>(event: E): Payload<E>[] {
    return this.seen.filter((seen) => seen.event === event).map(({ payload }) => payload as Payload<E>);
  }

  /** Sends an event and gives its acknowledgement, whatever it says. */
  async asks<E extends keyof Answers>(event: E, payload: unknown): Promise<Answer<Answers[E]>> {
    return (await this.raw(event, payload)) as Answer<Answers[E]>;
  }

  /** Sends an event of any name with any arguments and gives its acknowledgement. */
  async raw(event: string, ...args: unknown[]): Promise<unknown> {
    const socket = this.socket as unknown as {
      timeout(ms: number): { emitWithAck(...all: unknown[]): Promise<unknown> };
    };
    return socket.timeout(PATIENCE + 5000).emitWithAck(event, ...args);
  }

  /** Sends an event without an acknowledgement. */
  emits(event: string, ...args: unknown[]): void {
    (this.socket as unknown as { emit(...all: unknown[]): void }).emit(event, ...args);
  }

  /**
   * Goes to the server and back. What was told to this device before has arrived afterwards, since a transport
   * keeps its order: this is how a test sees that something was *not* told.
   */
  async catchesUp(): Promise<void> {
    await this.raw('no such event', {});
  }

  close(): void {
    this.socket.disconnect();
  }

  private async next(event: string, matches: (payload: unknown) => boolean = () => true): Promise<unknown> {
    const isWanted = (seen: Seen) => seen.event === event && matches(seen.payload);
    const index = this.unread.findIndex(isWanted);
    if (index >= 0) return this.unread.splice(index, 1)[0]?.payload;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const names = this.seen
          .slice(-20)
          .map((seen) => seen.event)
          .join(', ');
        reject(new Error(`"${event}" was not told within ${PATIENCE} ms; told last: ${names || 'nothing'}`));
      }, PATIENCE);
      this.waiters.push({
        matches: isWanted,
        resolve: ({ payload }) => {
          clearTimeout(timer);
          resolve(payload);
        },
      });
    });
  }

  private note(seen: Seen): void {
    this.seen.push(seen);
    const index = this.waiters.findIndex(({ matches }) => matches(seen));
    if (index < 0) this.unread.push(seen);
    else this.waiters.splice(index, 1)[0]?.resolve(seen);
  }
}
