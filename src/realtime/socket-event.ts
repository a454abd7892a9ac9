import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ChatSocket } from './chat-socket.js';
import type { Reply } from './reply.js';
import type { Turn } from './turn.js';

/** The event that a call came by: whose socket sent it, and its place in the order of that socket's events. */
export interface SocketEvent {
  socket: Pick<ChatSocket, 'id' | 'connected'>;
  turn: Turn;
}

/** The event that is handled, for the parameters of gateways. */
export const Event = createParamDecorator((_: unknown, context: ExecutionContext): SocketEvent => {
  const [socket, , reply] = context.getArgs<[ChatSocket, unknown, Reply]>();
  return { socket, turn: reply.turn };
});
