import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { AskFriendship } from './dto/ask-friendship.dto.js';
import { answerAsked } from './dto/asked.response.js';
import { FriendAnswer } from './dto/friend.response.js';
import { RequestAnswer, RequestsResponse } from './dto/request.response.js';
import { RequestsService } from './requests.service.js';

@ApiTags('Friends')
@ApiBearerAuth()
@Controller('friends/requests')
export class RequestsController {
  constructor(private readonly requests: RequestsService) {}

  @Post()
  @ApiOperation({
    operationId: 'askFriendship',
    summary: 'Ask someone for friendship',
    description:
      'If they have asked me already, we are friends at once. Asking again gives the same request. ' +
      'Both are told by `friendRequest` or `friendAccepted`.',
  })
  @ApiExtraModels(RequestAnswer, FriendAnswer)
  @ApiCreatedResponse({ type: RequestAnswer, description: 'Asked.' })
  @ApiOkResponse({
    description: 'I had asked already, or the other had, and now we are friends.',
    schema: { oneOf: [{ $ref: getSchemaPath(RequestAnswer) }, { $ref: getSchemaPath(FriendAnswer) }] },
  })
  @ApiErrors('to_oneself', 'recipient_blocked', 'not_found', 'already_friends')
  async ask(
    @Me() me: Identity,
    @Body() body: AskFriendship,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestAnswer | FriendAnswer> {
    return answerAsked(reply, await this.requests.ask(me.userId, body));
  }

  @Get()
  @ApiOperation({
    operationId: 'listRequests',
    summary: 'Open requests',
    description: 'Those by others and those by me, newest first.',
  })
  @ApiOkResponse({ type: RequestsResponse, description: 'All open requests.' })
  async list(@Me() me: Identity): Promise<RequestsResponse> {
    return { success: true, ...(await this.requests.list(me.userId)) };
  }

  @Post(':id/accept')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'acceptRequest',
    summary: 'Accept a request',
    description: 'Only by whom was asked. Again: the same answer. Both are told by `friendAccepted`.',
  })
  @ApiIdParam('id', 'The request.')
  @ApiOkResponse({ type: FriendAnswer, description: 'The two are friends.' })
  @ApiErrors('not_found')
  async accept(@Me() me: Identity, @Param('id', IdPipe) id: string): Promise<FriendAnswer> {
    return { success: true, friend: await this.requests.accept(me.userId, id) };
  }

  @Post(':id/decline')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'declineRequest',
    summary: 'Decline a request',
    description: 'Only by whom was asked. Both are told by `friendRequestClosed`, without a reason.',
  })
  @ApiIdParam('id', 'The request.')
  @ApiNoContentResponse({ description: 'Declined.' })
  @ApiErrors('not_found')
  decline(@Me() me: Identity, @Param('id', IdPipe) id: string): Promise<void> {
    return this.requests.decline(me.userId, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'withdrawRequest',
    summary: 'Take a request back',
    description: 'Only by its sender. Both are told by `friendRequestClosed`.',
  })
  @ApiIdParam('id', 'The request.')
  @ApiNoContentResponse({ description: 'Taken back.' })
  @ApiErrors('not_found')
  withdraw(@Me() me: Identity, @Param('id', IdPipe) id: string): Promise<void> {
    return this.requests.withdraw(me.userId, id);
  }
}
