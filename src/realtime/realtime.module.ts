import { Global, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HttpTraffic } from '../common/http/http-traffic.js';
import { within } from '../common/within.js';
import { RedisLink } from '../redis/redis-link.js';
import { Bus, InMemoryBus } from './bus.js';
import { CatchUpPort } from './catch-up-port.js';
import { Connections } from './connections.js';
import { DeliveryPort } from './delivery-port.js';
import { Dispatcher } from './dispatcher.js';
import { EventHandlers } from './event-handlers.js';
import { Realtime } from './realtime.js';
import { RedisBus } from './redis-bus.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { SessionPort } from './session-authority.js';
import { SocketErrors } from './socket-errors.js';

/** How long what is in flight may take to finish at a stop, in milliseconds. */
const DRAIN_TIMEOUT = 4000;

/** Sockets: who is connected, what they send, and how anything reaches them. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: Bus,
      useFactory: (redis: RedisLink | null) => (redis ? new RedisBus(redis) : new InMemoryBus()),
      inject: [RedisLink],
    },
    CatchUpPort,
    Connections,
    DeliveryPort,
    Dispatcher,
    EventHandlers,
    Realtime,
    RealtimeMetrics,
    SessionPort,
    SocketErrors,
  ],
  exports: [CatchUpPort, Connections, DeliveryPort, Dispatcher, Realtime, SessionPort],
})
export class RealtimeModule implements BeforeApplicationShutdown {
  constructor(
    private readonly http: HttpTraffic,
    private readonly dispatcher: Dispatcher,
    private readonly connections: Connections,
  ) {}

  /** Requests and events in flight are answered, and told to whom they concern, before the transports close. */
  async beforeApplicationShutdown(): Promise<void> {
    const drained = Promise.all([this.http.drain(), this.dispatcher.drain()]);
    if (!(await within(DRAIN_TIMEOUT, drained))) this.http.cut();
    this.connections.closeAll();
  }
}
