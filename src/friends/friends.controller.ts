import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { FriendsListResponse } from './dto/friend.response.js';
import { FriendsService } from './friends.service.js';

@ApiTags('Friends')
@ApiBearerAuth()
@Controller('friends')
export class FriendsController {
  constructor(private readonly friends: FriendsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listFriends',
    summary: 'My friends',
    description: 'By name, with their presence as I may see it.',
  })
  @ApiOkResponse({ type: FriendsListResponse, description: 'My friends.' })
  async list(@Me() me: Identity): Promise<FriendsListResponse> {
    return { success: true, friends: await this.friends.list(me.userId) };
  }

  @Delete(':userId')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'unfriend',
    summary: 'End a friendship',
    description:
      'The history stays readable, sending is refused from then on. Both are told by `friendRemoved`.',
  })
  @ApiIdParam('userId', 'The friend.')
  @ApiNoContentResponse({ description: 'The two are no longer friends.' })
  @ApiErrors('not_found')
  unfriend(@Me() me: Identity, @Param('userId', IdPipe) other: string): Promise<void> {
    return this.friends.unfriend(me.userId, other);
  }
}
