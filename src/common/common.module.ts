import { Global, Module } from '@nestjs/common';
import { DomainEvents } from './domain-events.js';
import { OriginPolicy } from './origin-policy.js';

/** What every feature may use without naming it. */
@Global()
@Module({ providers: [DomainEvents, OriginPolicy], exports: [DomainEvents, OriginPolicy] })
export class CommonModule {}
