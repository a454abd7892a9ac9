import type { Server, Socket } from 'socket.io';
import type { Identity } from '../common/identity.js';
import type { ClientToServerEvents, ServerToClientEvents } from './client-events.js';

type NoServerEvents = Record<never, never>;

/** What a socket carries from its handshake on. The token itself is not kept. */
export interface SocketData {
  user: Identity;
}

export type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoServerEvents, SocketData>;
export type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, NoServerEvents, SocketData>;
