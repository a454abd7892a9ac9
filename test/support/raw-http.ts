import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json, text } from 'node:stream/consumers';

export interface RawAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** A connection on which a test writes what it likes. */
export async function openConnection(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes as they are and gives all that comes back until the server closes the connection. */
export async function sendBytes(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await openConnection(url);
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket);
}

/** A request whose path is sent as it is written, where `fetch` would tidy it up first. */
export async function rawRequest(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, method, path, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const isJson = response.headers['content-type']?.includes('json') && method !== 'HEAD';
  const body = isJson ? await json(response) : await text(response);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
