import type { ChatSocket } from './chat-socket.js';

/** The one file that reaches into Engine.IO, beyond what its documentation promises. */

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
