import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Identity, Me } from '../common/identity.js';
import { AccountResponse } from './dto/account.response.js';
import { CHANGES_OF_ME, UpdateMe } from './dto/update-me.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@ApiBearerAuth()
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @ApiOperation({ operationId: 'readMe', summary: 'Who I am', description: 'My account, as only I see it.' })
  @ApiOkResponse({ type: AccountResponse, description: 'My account.' })
  async me(@Me() me: Identity): Promise<AccountResponse> {
    return { success: true, user: await this.users.me(me.userId) };
  }

  @Patch('me')
  @ApiOperation({
    operationId: 'updateMe',
    summary: 'Change my name or picture',
    description: 'What is left out keeps its value.',
  })
  @ApiBody({ type: UpdateMe, examples: CHANGES_OF_ME })
  @ApiOkResponse({ type: AccountResponse, description: 'My account as it is now.' })
  async update(@Me() me: Identity, @Body() changes: UpdateMe): Promise<AccountResponse> {
    return { success: true, user: await this.users.update(me.userId, changes) };
  }
}
