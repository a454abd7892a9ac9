import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { SessionsResponse } from './dto/sessions.response.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('Auth')
@ApiBearerAuth()
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listSessions',
    summary: 'Where I am signed in',
    description: 'The session used last first.',
  })
  @ApiOkResponse({ type: SessionsResponse, description: 'My sessions.' })
  async list(@Me() me: Identity): Promise<SessionsResponse> {
    return { success: true, sessions: await this.sessions.list(me) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'endSession',
    summary: 'Sign out somewhere',
    description: 'The session is ended and its sockets are disconnected.',
  })
  @ApiIdParam('id', 'The session.')
  @ApiNoContentResponse({ description: 'Ended.' })
  @ApiErrors('not_found')
  end(@Me() me: Identity, @Param('id', IdPipe) id: string): Promise<void> {
    return this.sessions.end(me.userId, id);
  }
}
