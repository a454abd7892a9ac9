import { Global, Module } from '@nestjs/common';
import { DomainEvents } from './domain-events.js';
import { Refusals } from './errors/refusals.js';
import { HttpTraffic } from './http/http-traffic.js';
import { Metrics } from './metrics.js';

/** What every feature may use without naming it. */
@Global()
@Module({
  providers: [DomainEvents, HttpTraffic, Metrics, Refusals],
  exports: [DomainEvents, HttpTraffic, Metrics, Refusals],
})
export class CommonModule {}
