import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { type Identity, Me } from '../common/identity.js';
import { ChatGateway } from '../realtime/chat-gateway.decorator.js';
import type { ChatSocket } from '../realtime/chat-socket.js';
import { ReceiptDto } from './dto/receipt.dto.js';
import { ReceiptsService } from './receipts.service.js';

/** Receipts over the socket. */
@ChatGateway()
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
