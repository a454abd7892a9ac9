import type { ChatSocket } from './chat-socket.js';
import type { GivenRange } from './delivery-port.js';
import { onPing, onPong, ping } from './engine.js';

/** Least time between two pings that this sends on its own, in milliseconds. */
const PING_EVERY = 1000;

interface Outstanding {
  ranges: GivenRange[];
  waiting: ((hasArrived: boolean) => void)[];
}

/**
 * Learns by heartbeat what has arrived. A transport keeps its order, and an Engine.IO client answers each ping
 * with one pong, so a pong confirms all that was written before its ping: a client that acknowledges nothing is
 * known to have what it was given.
 */
export class Heartbeat {
  /** What the pings that are not answered yet will confirm, oldest first. */
  private readonly outstanding: Outstanding[] = [];
  /** Who waits for the answer to the next ping. */
  private waiting: ((hasArrived: boolean) => void)[] = [];
  private pending: NodeJS.Timeout | undefined;
  private lastPingAt = -Infinity;

  /**
   * @param given - what was given since the last call; taken when a ping is written
   * @param confirm - told what has arrived
   */
  constructor(
    private readonly socket: ChatSocket,
    given: () => GivenRange[],
    confirm: (ranges: GivenRange[]) => void,
  ) {
    onPing(socket, () => {
      this.lastPingAt = performance.now();
      this.outstanding.push({ ranges: given(), waiting: this.waiting });
      this.waiting = [];
    });
    onPong(socket, () => {
      const answered = this.outstanding.shift();
      if (answered && answered.ranges.length > 0) confirm(answered.ranges);
      for (const resolve of answered?.waiting ?? []) resolve(true);
    });
    socket.once('disconnect', () => this.end());
  }

  /** Asks for a pong soon: at once, or a second after the last ping. */
  askSoon(): void {
    if (this.pending) return;
    const wait = this.lastPingAt + PING_EVERY - performance.now();
    this.pending = setTimeout(
      () => {
        this.pending = undefined;
        ping(this.socket);
      },
      Math.max(0, wait),
    ).unref();
  }

  /** Pings now. Resolved when all that was written before has arrived; false when the client is gone. */
  roundTrip(): Promise<boolean> {
    if (!this.socket.connected) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      ping(this.socket);
    });
  }

  private end(): void {
    clearTimeout(this.pending);
    const waiting = [...this.outstanding.flatMap((one) => one.waiting), ...this.waiting];
    for (const resolve of waiting) resolve(false);
  }
}
