import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Identity, Me } from '../common/identity.js';
import { AccountResponse } from './dto/account.response.js';
import { UpdateMe } from './dto/update-me.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@ApiBearerAuth()
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @ApiOperation({ summary: 'Who I am' })
  @ApiOkResponse({ type: AccountResponse })
  async me(@Me() me: Identity): Promise<AccountResponse> {
    return { success: true, user: await this.users.me(me.userId) };
  }

  @Patch('me')
  @ApiOperation({
    summary: 'Change my name or picture',
    description: 'What is left out keeps its value.',
  })
  @ApiOkResponse({ type: AccountResponse })
  async update(@Me() me: Identity, @Body() changes: UpdateMe): Promise<AccountResponse> {
    return { success: true, user: await this.users.update(me.userId, changes) };
  }
}
