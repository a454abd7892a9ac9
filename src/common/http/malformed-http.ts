import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { toChatError } from '../errors/to-chat-error.js';
import { ChatError } from '../errors/chat-error.js';

/** Answers what is not HTTP at all (RFC 9112) in the contract's shape, and closes the connection. */
export function answerMalformedHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, body] = answerTo(error.code);
  const text = JSON.stringify(body.body());
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** Answers a path that the router cannot read, before any hook or filter runs, in the contract's shape. */
export function answerBadUrl(thrown: Error, _request: unknown, reply: FastifyReply): void {
  const error = toChatError(thrown);
  void reply.status(error.getStatus()).send(error.body());
}

function answerTo(code: string | undefined): [status: string, error: ChatError] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = 'The request headers are too large.';
    return ['431 Request Header Fields Too Large', new ChatError('too_large', { message })];
  }
  const timedOut = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const message = timedOut ? 'The request took too long to arrive.' : 'This is not a valid HTTP request.';
  return [
    timedOut ? '408 Request Timeout' : '400 Bad Request',
    new ChatError('validation_failed', { message }),
  ];
}
