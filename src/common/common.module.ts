import { Global, Module } from '@nestjs/common';
import { DomainEvents } from './domain-events.js';
import { HttpTraffic } from './http/http-traffic.js';

/** What every feature may use without naming it. */
@Global()
@Module({
  providers: [DomainEvents, HttpTraffic],
  exports: [DomainEvents, HttpTraffic],
})
export class CommonModule {}
