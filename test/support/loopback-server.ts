import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { LOOPBACK } from '../../src/database/embedded/loopback.js';

/** A TCP server on a free loopback port. */
export async function listening(): Promise<Server> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  return server;
}

/** Where it listens, as host and port. @throws Error once it is closed */
export function hostOf(server: Server): string {
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The server is closed');
  return `${LOOPBACK}:${address.port}`;
}
