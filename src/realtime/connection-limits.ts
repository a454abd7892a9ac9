import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { ChatError } from '../common/errors/chat-error.js';
import type { SocketLimits } from '../limits/socket-limits.js';
import type { ChatServer, ChatSocket } from './chat-socket.js';

/** How often a connection may ask to be let in; a client does so once, and again after it has disconnected. */
const MOST_CONNECTS = 20;

/** The first character of a Socket.IO packet that asks to be let in (CONNECT). */
const CONNECT = '0';

type EngineRequest = IncomingMessage & { _query?: { sid?: string } };
type Next = (refusal?: Error) => void;

/** Bounds how often an address connects, how many connections it has, and how often each asks to be let in. */
export function limitConnections({ engine }: ChatServer, limits: SocketLimits): void {
  engine.use((request: EngineRequest, response: ServerResponse, next: Next) => {
    const refusal = limits.request(request, request._query?.sid === undefined);
    if (refusal) answer(request, response, refusal);
    next(refusal);
  });
  engine.on('connection', (connection: ChatSocket['conn']) => {
    limits.opened(connection, connection.request);
    connection.once('close', () => limits.closed(connection));
    let connects = 0;
    connection.on('data', (packet: unknown) => {
      if (typeof packet !== 'string' || !packet.startsWith(CONNECT)) return;
      connects += 1;
      if (connects > MOST_CONNECTS) connection.close(true);
    });
  });
}

/** Engine.IO itself would say 400, and nothing of when to come back. */
function answer(request: IncomingMessage, response: ServerResponse, refusal: ChatError): void {
  const status = refusal.getStatus();
  const body = JSON.stringify(refusal.body());
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Retry-After': refusal.retryAfter ?? 1,
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(status, headers).end(body);
    return;
  }
  // What stands for the response of an upgrade writes nothing.
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket: TcpSocket = request.socket;
  socket.end(`HTTP/1.1 ${status} Too Many Requests\r\nConnection: close\r\n${lines.join('')}\r\n${body}`);
}
