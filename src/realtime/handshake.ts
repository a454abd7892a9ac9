import { ChatError } from '../common/errors/chat-error.js';
import { toChatError } from '../common/errors/to-chat-error.js';
import type { SocketLimits } from '../limits/socket-limits.js';
import type { ChatSocket } from './chat-socket.js';
import { closeTransport, forgetRequestOf } from './engine.js';
import type { SessionAuthority } from './session-authority.js';
import { socketBody } from './socket-errors.js';

/** The middleware that lets a socket connect only with a valid token, and forgets the token afterwards. */
export function handshake(sessions: SessionAuthority, limits: SocketLimits) {
  return async (socket: ChatSocket, next: (error?: Error) => void): Promise<void> => {
    try {
      const token = tokenOf(socket);
      forgetRequest(socket);
      const user = await sessions.authenticate(token);
      limits.admit(user.userId, socket.conn);
      socket.data.user = user;
      next();
    } catch (thrown) {
      const error = toChatError(thrown);
      // Refused by a packet a client would not come again, and an absence of the database passes.
      if (error.code === 'unavailable') closeTransport(socket);
      next(connectError(error));
    }
  };
}

/**
 * The token of a connection's query or header, which it keeps: a client that disconnects and connects again may
 * do so on the same connection. Held beside it, where no log or trace looks.
 */
const tokens = new WeakMap<object, unknown>();

/** `auth.token`, else the query's `token`, else the `Authorization` header. */
function tokenOf({ handshake: { auth, query, headers }, conn }: ChatSocket): string {
  const ofConnection: unknown =
    query.token ?? /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? tokens.get(conn);
  tokens.set(conn, ofConnection);
  const given: unknown = auth.token ?? ofConnection;
  if (typeof given !== 'string' || given === '') throw new ChatError('unauthorized');
  return given;
}

/**
 * What is not kept cannot get into a log, a trace or another node; and nobody needs the request any more that each
 * connection would hold.
 */
function forgetRequest(socket: ChatSocket): void {
  const { handshake: shake } = socket;
  delete shake.auth.token;
  shake.query = {};
  shake.headers = {};
  shake.url = '';
  forgetRequestOf(socket);
}

function connectError(error: ChatError): Error {
  const message = error.getStatus() === 401 ? 'Unauthorized' : error.message;
  return Object.assign(new Error(message), { data: socketBody(error) });
}
