import { Injectable } from '@nestjs/common';
import { Metrics } from '../common/metrics.js';

/** The figures of the message path. */
@Injectable()
export class MessageMetrics {
  readonly sends;
  readonly sendSeconds;
  readonly batchSize;
  readonly writeSeconds;
  readonly checkSize;
  readonly checkSeconds;
  readonly collisions;
  readonly unknownOutcomes;

  constructor(metrics: Metrics) {
    this.sends = metrics.counter(
      'message_sends_total',
      'Sends that were answered: stored, repeated or refused.',
      ['outcome'],
    );
    this.sendSeconds = metrics.latency('message_send_seconds', 'From the arrival of a send to its answer.');
    this.batchSize = metrics.size('message_batch_size', 'Messages stored by one insert.');
    this.writeSeconds = metrics.latency('message_write_seconds', 'One insert, durable on a majority.');
    this.checkSize = metrics.size('relation_check_size', 'Pairs of people whose relation was read at once.');
    this.checkSeconds = metrics.latency('relation_check_seconds', 'One read of relations.');
    this.collisions = metrics.counter(
      'message_collisions_total',
      'Messages whose number another node had taken, so that they were numbered again.',
    );
    this.unknownOutcomes = metrics.counter(
      'message_unknown_outcomes_total',
      'Inserts whose outcome was not known, so that the store was asked.',
    );
  }
}
