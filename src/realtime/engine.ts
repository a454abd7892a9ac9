import type { Socket } from 'node:net';
import type { ChatSocket } from './chat-socket.js';

/** The one file that reaches into Engine.IO, beyond what its documentation promises. */

/** Sends a ping now. Through the connection's own buffer, or the pong would prove nothing about what is in it. */
export function ping({ conn }: ChatSocket): void {
  if (conn.readyState === 'open') conn['sendPacket']('ping');
}

/**
 * From now on what is written to the connection in one turn of the event loop leaves together, by one system call:
 * a batch of messages would make one each otherwise, which were a fifth of the time of a busy node.
 */
export function gatherWrites(socket: ChatSocket): void {
  const { conn } = socket;
  const flush = conn['flush'].bind(conn);
  let isScheduled = false;
  conn['flush'] = () => {
    if (isScheduled) return;
    isScheduled = true;
    process.nextTick(() => {
      isScheduled = false;
      const tcp = tcpOf(socket);
      tcp?.cork();
      flush();
      tcp?.uncork();
    });
  };
}

/**
 * Gives the memory of the request back that opened the connection, as Socket.IO's page on memory usage has it. A
 * listener that Engine.IO has no more use for would hold it too.
 */
export function forgetRequestOf(socket: ChatSocket): void {
  (socket.conn as { request: unknown }).request = null;
  const websocket = websocketOf(socket);
  for (const listener of websocket?.listeners?.('error') ?? []) {
    if (listener.name === 'onUpgradeError') websocket?.off?.('error', listener);
  }
}

/** Calls back when a ping is put behind all that was written before, whoever sends it. */
export function onPing({ conn }: ChatSocket, sent: () => void): void {
  conn.on('packetCreate', ({ type }: { type: string }) => {
    if (type === 'ping') sent();
  });
}

/** Calls back when the client has answered a ping; each is answered once, in order. */
export function onPong({ conn }: ChatSocket, answered: () => void): void {
  conn.on('heartbeat', answered);
}

/**
 * The bytes that wait in this process to reach one client: what waits for its transport, and what a websocket has
 * taken and its TCP connection has not.
 */
export class Backlog {
  private queued = 0;

  /** @param changed - told whenever something is added */
  constructor(
    private readonly socket: ChatSocket,
    changed: (backlog: Backlog) => void,
  ) {
    const { conn } = socket;
    conn.on('packetCreate', ({ data }: { data?: unknown }) => {
      if (typeof data === 'string') this.queued += Buffer.byteLength(data);
      changed(this);
    });
    conn.on('flush', () => {
      this.queued = 0;
    });
  }

  get bytes(): number {
    return this.queued + (websocketOf(this.socket)?.bufferedAmount ?? 0);
  }
}

/** How long a transport may take to write what it holds before it is cut, in milliseconds. */
const CLOSE_PATIENCE = 1000;

/**
 * Closes the transport without a `disconnect` packet, after which clients would not connect again by themselves.
 * A client that does not read would hold the close back for ever, so it is cut off after a second.
 */
export function closeTransport(socket: ChatSocket): void {
  const { conn } = socket;
  conn.close();
  if (conn.readyState === 'closed') return;
  const cutting = setTimeout(() => cutTransport(socket), CLOSE_PATIENCE);
  conn.once('close', () => clearTimeout(cutting));
}

/** Ends the connection at once, whatever it still holds, and gives its memory back. */
export function cutTransport(socket: ChatSocket): void {
  websocketOf(socket)?.terminate?.();
  socket.conn.close(true);
}

type Listener = (...args: unknown[]) => void;

/** What is used of a websocket of ws. */
interface WebSocket {
  bufferedAmount?: number;
  terminate?: () => void;
  listeners?: (event: string) => Listener[];
  off?: (event: string, listener: Listener) => void;
  _socket?: Socket | null;
}

/** The websocket below, where it is one by now. */
function websocketOf({ conn }: ChatSocket): WebSocket | undefined {
  return (conn.transport as { socket?: WebSocket }).socket;
}

function tcpOf(socket: ChatSocket): Socket | undefined {
  return websocketOf(socket)?._socket ?? undefined;
}
