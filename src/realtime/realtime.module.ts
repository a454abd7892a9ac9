import { Global, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus, InMemoryBus } from './bus.js';
import { Connections } from './connections.js';
import { Dispatcher } from './dispatcher.js';
import { Realtime } from './realtime.js';
import { SessionPort } from './session-authority.js';

/** Sockets: who is connected, what they send, and how anything reaches them. */
@Global()
@Module({
  providers: [{ provide: Bus, useClass: InMemoryBus }, Connections, Dispatcher, Realtime, SessionPort],
  exports: [Connections, Dispatcher, Realtime, SessionPort],
})
export class RealtimeModule implements BeforeApplicationShutdown {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly connections: Connections,
  ) {}

  /** Events in flight are answered before their transports close. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.drain();
    this.connections.closeAll();
  }
}
