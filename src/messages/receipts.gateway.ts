import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type Identity, Me } from '../common/identity.js';
import type { ChatSocket } from '../realtime/chat-socket.js';
import { ReceiptDto } from './dto/receipt.dto.js';
import { ReceiptsService } from './receipts.service.js';

/** Receipts over the socket. */
@WebSocketGateway()
export class ReceiptsGateway {
  constructor(private readonly receipts: ReceiptsService) {}

  @SubscribeMessage('messageDelivered')
  delivered(
    @Me() me: Identity,
    @MessageBody() upTo: ReceiptDto,
    @ConnectedSocket() socket: ChatSocket,
  ): Promise<void> {
    return this.receipts.markDelivered(me, upTo.conversationId, upTo.seq, socket.id);
  }

  @SubscribeMessage('messageRead')
  read(
    @Me() me: Identity,
    @MessageBody() upTo: ReceiptDto,
    @ConnectedSocket() socket: ChatSocket,
  ): Promise<void> {
    return this.receipts.markRead(me, upTo.conversationId, upTo.seq, socket.id);
  }
}
