import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics.js';
import type { ErrorCode } from './codes.js';

/** Counts what was refused, by transport and code: an attack, a broken client and a broken server all show here. */
@Injectable()
export class Refusals {
  private readonly total;

  constructor(metrics: Metrics) {
    this.total = metrics.counter('refusals_total', 'Requests and events that were refused, by code.', [
      'transport',
      'code',
    ]);
  }

  count(transport: 'http' | 'socket', code: ErrorCode): void {
    this.total.inc({ transport, code });
  }
}
