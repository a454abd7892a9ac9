import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { ChatSocket } from '../realtime/chat-socket.js';
import { Authenticator } from './authenticator.js';
import { Authenticate } from './dto/authenticate.dto.js';

@WebSocketGateway()
export class AuthGateway {
  constructor(private readonly authenticator: Authenticator) {}

  @SubscribeMessage('authenticate')
  authenticate(@MessageBody() { token }: Authenticate, @ConnectedSocket() socket: ChatSocket): Promise<void> {
    return this.authenticator.renew(socket, token);
  }
}
