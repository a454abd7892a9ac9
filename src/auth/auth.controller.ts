import { Body, Controller, Header, HttpCode, Post, Put } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { Public } from '../common/public.decorator.js';
import { FromNetwork } from '../limits/client-address.js';
import { AuthService } from './auth.service.js';
import { type Client, FromClient } from './client.js';
import { ChangePassword } from './dto/change-password.dto.js';
import { Login, LOGINS } from './dto/login.dto.js';
import { Refresh } from './dto/refresh.dto.js';
import { Register, SIGN_UPS } from './dto/register.dto.js';
import { SignedInResponse, TokensResponse } from './dto/tokens.response.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Public()
  @Post('register')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'register', summary: 'Sign up', description: 'Signs in on this device too.' })
  @ApiBody({ type: Register, examples: SIGN_UPS })
  @ApiCreatedResponse({ type: SignedInResponse, description: 'Signed up and in.' })
  @ApiErrors('email_taken')
  async register(@Body() who: Register, @FromClient() client: Client): Promise<SignedInResponse> {
    return { success: true, ...(await this.auth.register(who, client)) };
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'login',
    summary: 'Sign in',
    description: 'Begins a session of its own for each device.',
  })
  @ApiBody({ type: Login, examples: LOGINS })
  @ApiOkResponse({ type: SignedInResponse, description: 'Signed in.' })
  @ApiErrors('invalid_credentials')
  async login(
    @Body() who: Login,
    @FromClient() client: Client,
    @FromNetwork() network: string,
  ): Promise<SignedInResponse> {
    return { success: true, ...(await this.auth.login(who, client, network)) };
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Exchange the refresh token for fresh tokens',
    description:
      'The same token again within 30 s, its successor still unused, gives the same successor: two tabs, or a ' +
      'lost answer. Used again later it ends its session, since somebody else may have it.',
  })
  @ApiOkResponse({ type: TokensResponse, description: 'The next tokens.' })
  @ApiErrors('unauthorized', 'session_revoked', 'refresh_reused')
  async refresh(@Body() { refreshToken }: Refresh): Promise<TokensResponse> {
    return { success: true, ...(await this.auth.refresh(refreshToken)) };
  }

  @Post('logout')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'logout',
    summary: 'Sign out on this device',
    description: 'The session is ended and its sockets are disconnected.',
  })
  @ApiNoContentResponse({ description: 'Signed out.' })
  logout(@Me() me: Identity): Promise<void> {
    return this.auth.logout(me);
  }

  @Put('password')
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change the password',
    description: 'Every other session is ended.',
  })
  @ApiNoContentResponse({ description: 'Changed.' })
  @ApiErrors('invalid_credentials')
  changePassword(@Me() me: Identity, @Body() change: ChangePassword): Promise<void> {
    return this.auth.changePassword(me, change);
  }
}
