import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Identity, Me } from '../common/identity.js';
import type { SyncAnswer } from '../realtime/wire.js';
import { SYNCS, SyncDto } from './dto/sync.dto.js';
import { SyncResponse } from './dto/sync.response.js';
import { SyncService } from './sync.service.js';

@ApiTags('Conversations')
@ApiBearerAuth()
@Controller('sync')
export class SyncController {
  constructor(private readonly service: SyncService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sync',
    summary: 'Get exactly what a device missed',
    description:
      'A token stands for all that was given so far. A named conversation continues from its token, oldest first, ' +
      'and is left out where nothing is new: no message, no change of a receipt, of the unread count or of the ' +
      'metadata. One that is not named, or whose token is not known, comes with its newest page; `hasOlder` then ' +
      'says whether the history has more. All of an answer is as it was at one moment. While `cursor` is not ' +
      '`null`, repeat the call with it, with the same tokens or with those of the answers since: what changes ' +
      'meanwhile comes too. What is given counts as delivered where it begins at what was delivered before. The ' +
      'same is the socket event `sync`.',
  })
  @ApiBody({ type: SyncDto, examples: SYNCS })
  @ApiOkResponse({ type: SyncResponse, description: 'What is new.' })
  sync(@Me() me: Identity, @Body() wanted: SyncDto): Promise<SyncAnswer> {
    return this.service.sync(me, wanted);
  }
}
