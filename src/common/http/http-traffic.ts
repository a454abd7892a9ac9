import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/**
 * The HTTP requests that are not answered yet, and how they come to an end at a stop: no new connection is taken,
 * what is on open ones is answered, and each is told to be closed with its answer. Socket.IO's own requests do
 * not pass here.
 */
@Injectable()
export class HttpTraffic implements OnModuleDestroy {
  private readonly server: HttpServer;
  private inFlight = 0;
  private idle: (() => void)[] = [];
  private isEnding = false;

  constructor({ httpAdapter }: HttpAdapterHost) {
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    this.server = fastify.server;
    fastify.addHook('onRequest', (_, reply, done) => {
      this.inFlight += 1;
      reply.raw.once('close', () => this.answered());
      done();
    });
    fastify.addHook('onSend', (_, reply, payload, done) => {
      if (this.isEnding) reply.header('Connection', 'close');
      done(null, payload);
    });
  }

  /** The first step of a stop: no new connections. */
  onModuleDestroy(): void {
    this.isEnding = true;
    // HTTP's own `close` would also drop open connections on which a request is just arriving.
    if (this.server.listening) Server.prototype.close.call(this.server);
  }

  /** Resolves when every request is answered; then the connections that were only kept alive are closed. */
  async drain(): Promise<void> {
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.server.closeIdleConnections();
  }

  /** Closes also the connections whose requests are not answered. */
  cut(): void {
    this.server.closeAllConnections();
  }

  private answered(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0) for (const wake of this.idle.splice(0)) wake();
  }
}
