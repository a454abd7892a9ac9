import { Injectable } from '@nestjs/common';
import { Metrics } from '../common/metrics.js';

/** What the gauges read. */
interface SocketFigures {
  count: number;
  peopleCount: number;
  waitingBytes(): number;
}

/** The figures of the sockets. */
@Injectable()
export class RealtimeMetrics {
  readonly slowConsumers;
  readonly holes;
  readonly replayed;

  constructor(private readonly metrics: Metrics) {
    this.slowConsumers = metrics.counter(
      'slow_consumers_total',
      'Connections cut off since more waited for them than may.',
    );
    this.holes = metrics.counter(
      'outbox_holes_total',
      'Messages that came before the one in front of them, which was then read from the store.',
    );
    this.replayed = metrics.counter(
      'outbox_read_messages_total',
      'Messages given to connections from the store: replayed on connect, or missing.',
    );
  }

  watch(sockets: SocketFigures): void {
    this.metrics.gauge('sockets', 'Sockets that are connected.', () => sockets.count);
    this.metrics.gauge('people_connected', 'People with a socket on this node.', () => sockets.peopleCount);
    this.metrics.gauge('outbox_waiting_bytes', 'Bytes written to sockets that have not left yet.', () =>
      sockets.waitingBytes(),
    );
  }
}
