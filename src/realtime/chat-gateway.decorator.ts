import { applyDecorators, UseFilters } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { SocketErrorFilter } from './socket-error.filter.js';

/** A gateway of this service: the shared server, errors answered in the contract's shape. */
export function ChatGateway(): ClassDecorator {
  return applyDecorators(WebSocketGateway(), UseFilters(SocketErrorFilter));
}
