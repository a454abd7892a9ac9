import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import type { Message } from '../realtime/wire.js';
import { HistoryQueryDto } from './dto/history-query.dto.js';
import { MessageDto } from './dto/message.dto.js';
import { SendMessageDto, SENDS } from './dto/send-message.dto.js';
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
    operationId: 'sendMessage',
    summary: 'Send a message',
    description:
      'Answered once the message is durable. With a `clientMessageId` it can be sent again without harm: a repeat ' +
      'returns the stored message with 200.',
  })
  @ApiBody({ type: SendMessageDto, examples: SENDS })
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
    operationId: 'readHistory',
    summary: 'Read the history with another person',
    description:
      'Oldest first. Without any parameter the newest messages, `HISTORY_BARE_LIMIT` at most. A `seq` that lies ' +
      'inside the page and is not listed is not for the caller. A page that begins where what was delivered ends ' +
      'counts as delivered; without any parameter it counts as read.',
  })
  @ApiIdParam('otherUserId', 'The other person.')
  @ApiOkResponse({ type: [MessageDto], headers: LINK, description: 'The page.' })
  @ApiErrors('to_oneself', 'not_found')
  async read(
    @Me() me: Identity,
    @Param('otherUserId', IdPipe) otherUserId: string,
    @Query() query: HistoryQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Message[]> {
    const { messages, headers } = await this.history.read(me, otherUserId, query, request.method === 'HEAD');
    void reply.headers(headers);
    return messages;
  }
}
