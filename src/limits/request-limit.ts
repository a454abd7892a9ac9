import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppConfig } from '../config/app-config.js';
import { networkOf } from './client-address.js';
import { Limits } from './limits.js';

/** What machines of the operator ask, often from the address that all clients seem to have. */
const FREE = /^\/(?:health\/|metrics(?:\?|$))/;

/** Counts every HTTP request by address, also those that no guard sees: unknown routes, bad tokens, files. */
@Injectable()
export class RequestLimit {
  private readonly logger = new Logger('Limits');
  private wasSaid = false;

  constructor(
    { httpAdapter }: HttpAdapterHost,
    limits: Limits,
    private readonly config: AppConfig,
  ) {
    if (!limits.areOn) return;
    // Behind CORS, or a browser could not read the refusal; before the body is read.
    httpAdapter.getInstance<FastifyInstance>().addHook('preParsing', (request, _, __, done) => {
      const refusal = FREE.test(request.url) ? undefined : limits.spend('requests', networkOf(request.ip));
      if (refusal) this.say(request);
      done(refusal);
    });
  }

  /** The usual mistake behind a proxy shuts everybody out, so it is named. */
  private say({ headers }: FastifyRequest): void {
    if (this.wasSaid || this.config.TRUSTED_PROXIES > 0 || !headers['x-forwarded-for']) return;
    this.wasSaid = true;
    this.logger.warn(
      'An address is over its limit, and its requests name another in X-Forwarded-For. If they come from your ' +
        'proxy, set TRUSTED_PROXIES to the number of proxies: until then all clients behind it count as one.',
    );
  }
}
