import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ServerOptions } from 'socket.io';
import type { HttpLimits } from '../common/http/http-limits.js';
import { hasOneHost } from '../common/http/one-host.js';
import { OriginPolicy } from '../config/origin-policy.js';
import { SocketLimits } from '../limits/socket-limits.js';
import type { ChatServer } from './chat-socket.js';
import { limitConnections } from './connection-limits.js';
import { Connections } from './connections.js';
import { Dispatcher } from './dispatcher.js';
import { handshake } from './handshake.js';
import { SessionPort } from './session-authority.js';

/** How long a client may stay without a successful CONNECT, in milliseconds. */
const CONNECT_TIMEOUT = 5000;

/** Largest event in bytes, as the largest HTTP body. */
export const MAX_EVENT_BYTES = 1024 * 1024;

/**
 * Socket.IO as this service uses it: origins and tokens are checked before a socket exists, and events go to the
 * gateways through the dispatcher, which keeps their order and answers each one.
 */
export class RealtimeAdapter extends IoAdapter {
  constructor(
    private readonly app: INestApplicationContext,
    private readonly limits: HttpLimits,
  ) {
    super(app);
  }

  override createIOServer(port: number): ChatServer {
    const origins = this.app.get(OriginPolicy);
    const connections = this.app.get(Connections);
    const dispatcher = this.app.get(Dispatcher);
    const limits = this.app.get(SocketLimits);
    const options: Partial<ServerOptions> = {
      serveClient: false,
      connectTimeout: CONNECT_TIMEOUT,
      pingInterval: this.limits.pingInterval,
      pingTimeout: this.limits.pingTimeout,
      maxHttpBufferSize: MAX_EVENT_BYTES,
      perMessageDeflate: false,
      cors: (request, decide) => decide(null, { origin: isAllowed(origins, request) }),
    };
    const server: ChatServer = super.createIOServer(port, options as ServerOptions);
    // Not `allowRequest`, which is asked only for the first request of a client, and not when it upgrades.
    server.engine.use((request: IncomingMessage, _: unknown, next: (refusal?: Error) => void) => {
      const isGood = hasOneHost(request) && isAllowed(origins, request);
      next(isGood ? undefined : new Error('This host or origin is not allowed'));
    });
    limitConnections(server, limits);
    server.use(handshake(this.app.get(SessionPort), limits));
    server.on('connection', (socket) => {
      dispatcher.listen(socket);
      void connections.open(socket);
    });
    return server;
  }

  /** Nest's own binding answers unknown events with nothing and lets events of one socket overtake each other. */
  override bindClientConnect(): void {}
}

function isAllowed(origins: OriginPolicy, { headers }: { headers: IncomingHttpHeaders }): boolean {
  return origins.allows(headers.origin, headers.host);
}
