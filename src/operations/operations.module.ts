import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsAccess } from './metrics-access.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.js';

/** What operators look at. */
@Module({ controllers: [HealthController, MetricsController], providers: [MetricsAccess, Readiness] })
export class OperationsModule {}
