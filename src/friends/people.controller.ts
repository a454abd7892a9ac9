import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Identity, Me } from '../common/identity.js';
import { PeopleResponse } from './dto/people.response.js';
import { SearchPeople } from './dto/search-people.dto.js';
import { PeopleService } from './people.service.js';

@ApiTags('Users')
@ApiBearerAuth()
@Controller('users')
export class PeopleController {
  constructor(private readonly people: PeopleService) {}

  @Get()
  @ApiOperation({
    operationId: 'findPeople',
    summary: 'Find people',
    description: 'By the beginning of their name or by their exact e-mail address, which is never shown.',
  })
  @ApiOkResponse({ type: PeopleResponse, description: 'Who was found.' })
  async search(@Me() me: Identity, @Query() search: SearchPeople): Promise<PeopleResponse> {
    return { success: true, users: await this.people.search(me.userId, search) };
  }
}
