import { Injectable } from '@nestjs/common';
import { Metrics } from '../common/metrics.js';
import { Connections } from './connections.js';

/** The figures of the sockets. */
@Injectable()
export class RealtimeMetrics {
  constructor(metrics: Metrics, connections: Connections) {
    metrics.gauge('sockets', 'Sockets that are connected.', () => connections.count);
    metrics.gauge('people_connected', 'People with a socket on this node.', () => connections.peopleCount);
    metrics.gauge('outbox_waiting_bytes', 'Bytes written to sockets that have not left yet.', () =>
      connections.waitingBytes(),
    );
  }
}
