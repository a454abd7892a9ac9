import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import type { ConversationMetadata } from '../realtime/wire.js';
import { ConversationsService } from './conversations.service.js';
import { ChangeMetadata, CHANGES } from './dto/change-metadata.dto.js';
import { MetadataResponse } from './dto/metadata.response.js';

@ApiTags('Conversations')
@ApiBearerAuth()
@Controller('conversations')
export class ConversationsController {
  constructor(private readonly conversations: ConversationsService) {}

  @Get(':otherUserId/metadata')
  @ApiOperation({
    operationId: 'readMetadata',
    summary: 'What I have set for a conversation',
    description: 'The defaults where nothing was set yet.',
  })
  @ApiIdParam('otherUserId', 'The other person.')
  @ApiOkResponse({ type: MetadataResponse, description: 'The settings.' })
  @ApiErrors('to_oneself', 'not_found')
  read(@Me() me: Identity, @Param('otherUserId', IdPipe) other: string): Promise<ConversationMetadata> {
    return this.conversations.readMetadata(me.userId, other);
  }

  @Put(':otherUserId/metadata')
  @ApiOperation({
    operationId: 'changeMetadata',
    summary: 'Pin, block, mark as a favorite or give a ringtone',
    description: 'Fields left out keep their value. My devices are told by `conversationUpdated`.',
  })
  @ApiIdParam('otherUserId', 'The other person.')
  @ApiBody({ type: ChangeMetadata, examples: CHANGES })
  @ApiOkResponse({ type: MetadataResponse, description: 'The settings as they are now.' })
  @ApiErrors('to_oneself', 'not_found')
  change(
    @Me() me: Identity,
    @Param('otherUserId', IdPipe) other: string,
    @Body() changes: ChangeMetadata,
  ): Promise<ConversationMetadata> {
    return this.conversations.changeMetadata(me.userId, other, changes);
  }
}
