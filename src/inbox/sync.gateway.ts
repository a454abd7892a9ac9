import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type Identity, Me } from '../common/identity.js';
import type { ChatSocket } from '../realtime/chat-socket.js';
import type { SyncAnswer } from '../realtime/wire.js';
import { SyncDto } from './dto/sync.dto.js';
import { SyncService } from './sync.service.js';

@WebSocketGateway()
export class SyncGateway {
  constructor(private readonly service: SyncService) {}

  @SubscribeMessage('sync')
  sync(
    @Me() me: Identity,
    @MessageBody() wanted: SyncDto,
    @ConnectedSocket() socket: ChatSocket,
  ): Promise<SyncAnswer> {
    return this.service.sync(me, wanted, socket.id);
  }
}
