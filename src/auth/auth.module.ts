import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { MongooseModule } from '@nestjs/mongoose';
import { AppConfig } from '../config/app-config.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import { AuthController } from './auth.controller.js';
import { AuthGateway } from './auth.gateway.js';
import { AuthService } from './auth.service.js';
import { Authenticator } from './authenticator.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Liveness } from './liveness.js';
import { Passwords } from './passwords.js';
import { RefreshTokens } from './refresh-tokens.js';
import { RevocationWatch } from './revocation-watch.js';
import { signingKey } from '../config/secrets.js';
import { SessionUse } from './session-use.js';
import { SessionRow, SessionSchema } from './session.schema.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

/** Accounts, sessions and tokens. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: SessionRow.name, schema: SessionSchema }]),
    JwtModule.registerAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({ secret: signingKey(config) }),
    }),
    UsersModule,
  ],
  controllers: [AuthController, SessionsController],
  providers: [
    AccessGuard,
    AccessTokens,
    AuthGateway,
    AuthService,
    Authenticator,
    JwtStrategy,
    Liveness,
    Passwords,
    RefreshTokens,
    RevocationWatch,
    SessionUse,
    SessionsRepository,
    SessionsService,
  ],
  exports: [AccessGuard],
})
export class AuthModule {}
