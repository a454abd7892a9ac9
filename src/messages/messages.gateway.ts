import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type Identity, Me } from '../common/identity.js';
import { Event, type SocketEvent } from '../realtime/socket-event.js';
import type { Message } from '../realtime/wire.js';
import { SendMessageDto } from './dto/send-message.dto.js';
import { TypingDto } from './dto/typing.dto.js';
import { MessagesService } from './messages.service.js';
import { TypingService } from './typing.service.js';

@WebSocketGateway()
export class MessagesGateway {
  constructor(
    private readonly messages: MessagesService,
    private readonly typing: TypingService,
  ) {}

  @SubscribeMessage('sendMessage')
  async send(
    @Me() me: Identity,
    @MessageBody() body: SendMessageDto,
    @Event() event: SocketEvent,
  ): Promise<Message> {
    const { message } = await this.messages.send(me, body, event);
    return message;
  }

  @SubscribeMessage('typing')
  start(@Me() me: Identity, @MessageBody() to: TypingDto, @Event() event: SocketEvent): Promise<void> {
    return this.typing.start(me, to.recipientId, event);
  }

  @SubscribeMessage('stopTyping')
  stop(@Me() me: Identity, @MessageBody() to: TypingDto, @Event() event: SocketEvent): Promise<void> {
    return this.typing.stop(me, to.recipientId, event);
  }
}
