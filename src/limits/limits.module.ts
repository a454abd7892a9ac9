import { Global, Module } from '@nestjs/common';
import { Limits } from './limits.js';
import { LimitsGuard } from './limits.guard.js';
import { PasswordTries } from './password-tries.js';
import { RequestLimit } from './request-limit.js';
import { SocketLimits } from './socket-limits.js';

/** How often anybody may do anything. */
@Global()
@Module({
  providers: [Limits, LimitsGuard, PasswordTries, RequestLimit, SocketLimits],
  exports: [LimitsGuard, PasswordTries, SocketLimits],
})
export class LimitsModule {}
