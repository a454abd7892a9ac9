import type { ChatSocket } from './chat-socket.js';
import type { GivenRange } from './delivery-port.js';
import { onPing, onPong, ping } from './engine.js';

/** Least time between two pings that this sends on its own, in milliseconds. */
const PING_EVERY = 1000;

/**
 * Learns by heartbeat what has arrived. A transport keeps its order, and an Engine.IO client answers each ping
 * with one pong, so a pong confirms all that was written before its ping: a client that acknowledges nothing is
 * known to have what it was given.
 */
export class Heartbeat {
  /** What the pings that are not answered yet will confirm, oldest first. */
  private readonly outstanding: GivenRange[][] = [];
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
      this.outstanding.push(given());
    });
    onPong(socket, () => {
      const ranges = this.outstanding.shift();
      if (ranges && ranges.length > 0) confirm(ranges);
    });
    socket.once('disconnect', () => clearTimeout(this.pending));
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
}
