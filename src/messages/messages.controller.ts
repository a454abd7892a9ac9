import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import type { Message } from '../realtime/wire.js';
import { HistoryQueryDto } from './dto/history-query.dto.js';
import { MessageDto } from './dto/message.dto.js';
import { SendMessageDto } from './dto/send-message.dto.js';
import { HistoryService } from './history.service.js';
import { MessagesService } from './messages.service.js';

const LINK = {
  Link: {
    description:
      '`rel="prev"` leads to older messages, `rel="next"` to newer ones, where there are any (RFC 8288).',
    schema: { type: 'string' },
  },
} as const;

@ApiTags('Messages')
@ApiBearerAuth()
@Controller('messages')
export class MessagesController {
  constructor(
    private readonly messages: MessagesService,
    private readonly history: HistoryService,
  ) {}

  @Post('send')
  @ApiOperation({
    summary: 'Send a message',
    description:
      'Answered once the message is durable. With a `clientMessageId` it can be sent again without harm: a repeat ' +
      'returns the stored message with 200.',
  })
  @ApiCreatedResponse({ type: MessageDto, description: 'Stored by this call.' })
  @ApiOkResponse({ type: MessageDto, description: 'Stored by an earlier call with this `clientMessageId`.' })
  @ApiErrors(
    'to_oneself',
    'recipient_blocked',
    'not_friends',
    'not_found',
    'client_message_id_reused',
    'outcome_unknown',
  )
  async send(
    @Me() me: Identity,
    @Body() body: SendMessageDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Message> {
    const { message, isNew } = await this.messages.send(me, body);
    void reply.status(isNew ? 201 : 200);
    return message;
  }

  @Get(':otherUserId')
  @ApiOperation({
    summary: 'Read the history with another person',
    description:
      'Oldest first. Without any parameter the newest messages, `HISTORY_BARE_LIMIT` at most. A `seq` that lies ' +
      'inside the page and is not listed is not for the caller.',
  })
  @ApiOkResponse({ type: [MessageDto], headers: LINK })
  @ApiErrors('to_oneself', 'not_found')
  async read(
    @Me() me: Identity,
    @Param('otherUserId', IdPipe) otherUserId: string,
    @Query() query: HistoryQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Message[]> {
    const { messages, headers } = await this.history.read(me, otherUserId, query);
    void reply.headers(headers);
    return messages;
  }
}
