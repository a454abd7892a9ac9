import type { ChatSocket } from './chat-socket.js';

/** The one file that reaches into Engine.IO, beyond what its documentation promises. */

/** Sends a ping now. Through the connection's own buffer, or the pong would prove nothing about what is in it. */
export function ping({ conn }: ChatSocket): void {
  if (conn.readyState === 'open') conn['sendPacket']('ping');
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

/** Bytes that were written to this socket and have not left the process yet. */
export function waitingBytes({ conn }: ChatSocket): number {
  const { writeBuffer } = conn as unknown as { writeBuffer: { data?: unknown }[] };
  const { socket: websocket } = conn.transport as { socket?: { bufferedAmount?: number } };
  let bytes = websocket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer) if (typeof data === 'string') bytes += Buffer.byteLength(data);
  return bytes;
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
  const cutting = setTimeout(() => {
    const { socket: websocket } = conn.transport as { socket?: { terminate?: () => void } };
    websocket?.terminate?.();
    conn.close(true);
  }, CLOSE_PATIENCE);
  conn.once('close', () => clearTimeout(cutting));
}
