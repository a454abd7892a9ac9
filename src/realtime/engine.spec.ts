import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Server } from 'socket.io';
import { io, type Socket as Client } from 'socket.io-client';
import type { ChatSocket } from './chat-socket.js';
import { gatherWrites } from './engine.js';

let server: Server;
let client: Client;
let socket: ChatSocket;
beforeEach(async () => {
  const http = createServer();
  server = new Server(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
  const connected = new Promise<void>((resolve) => client.once('connect', resolve));
  [socket] = (await once(server, 'connection')) as [ChatSocket];
  await connected;
  // What Socket.IO itself wrote is gone.
  await new Promise(setImmediate);
});
afterEach(async () => {
  client.disconnect();
  await server.close();
});

/** Counts the system calls by which something is written to the client. */
function countWrites(): () => number {
  const { _socket: tcp } = (socket.conn.transport as unknown as { socket: { _socket: TcpSocket } }).socket;
  const one = jest.spyOn(tcp, '_write');
  const several = jest.spyOn(tcp as TcpSocket & Required<Pick<TcpSocket, '_writev'>>, '_writev');
  return () => one.mock.calls.length + several.mock.calls.length;
}

/** Tells three things in one turn, and waits until the client has them. */
async function tellThree(): Promise<string[]> {
  const got: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    client.onAny((event: string, data: { userId: string }) => {
      got.push(`${event} ${data.userId}`);
      if (got.length === 3) resolve();
    });
  });
  for (const userId of ['1', '2', '3']) socket.emit('ready', { userId, sessionId: '' });
  await arrived;
  return got;
}

test('what is told in one turn leaves by one write, in order', async () => {
  gatherWrites(socket);
  const writes = countWrites();
  expect(await tellThree()).toEqual(['ready 1', 'ready 2', 'ready 3']);
  expect(writes()).toBe(1);
});

test('without it each event has a write of its own', async () => {
  const writes = countWrites();
  await tellThree();
  expect(writes()).toBe(3);
});
