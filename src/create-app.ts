import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { answerBadUrl, answerMalformedHttp } from './common/http/malformed-http.js';
import { HTTP_LIMITS } from './common/http/http-limits.js';
import { takeJsonOnly } from './common/http/json-body.js';
import { requireOneHost } from './common/http/one-host.js';
import { Metrics } from './common/metrics.js';
import { measureRequests } from './operations/http-metrics.js';
import { OriginPolicy } from './config/origin-policy.js';
import type { AppConfig } from './config/app-config.js';
import { placeRoutes, serveApiDocs } from './operations/api-docs.js';
import { createLogger, NestLogger } from './operations/logger.js';
import { logRequests } from './operations/request-log.js';
import { RealtimeAdapter } from './realtime/realtime.adapter.js';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The whole application, ready to listen.
 *
 * @param mongoUri - the database, embedded or not
 */
export async function createApp(
  config: AppConfig,
  mongoUri: string,
  limits = HTTP_LIMITS,
): Promise<NestFastifyApplication> {
  const logger = createLogger(config);
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: (_, hop) => hop < config.TRUSTED_PROXIES,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: {
      headersTimeout: limits.head,
      connectionsCheckingInterval: limits.check,
      requireHostHeader: false,
    },
    requestTimeout: limits.request,
    connectionTimeout: limits.silence,
    keepAliveTimeout: 65_000,
    clientErrorHandler: answerMalformedHttp,
    frameworkErrors: answerBadUrl,
  });
  takeJsonOnly(adapter.getInstance());
  logRequests(adapter.getInstance(), logger);
  requireOneHost(adapter.getInstance());

  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, mongoUri), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  placeRoutes(app);
  app.useSecurityHeaders({
    // Both are the business of whoever ends TLS in front; over plain HTTP the second breaks Swagger UI.
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
  });
  measureRequests(adapter.getInstance(), app.get(Metrics));
  allowOrigins(app);
  app.useWebSocketAdapter(new RealtimeAdapter(app, limits));
  if (config.docsEnabled) serveApiDocs(app);
  return app;
}

function allowOrigins(app: NestFastifyApplication): void {
  const origins = app.get(OriginPolicy);
  app.enableCors({
    delegator: ({ headers }, decide) =>
      decide(null, {
        origin: origins.allows(headers.origin, headers.host),
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['Authorization', 'Content-Type'],
        exposedHeaders: ['Link', 'Retry-After', 'X-Request-Id'],
        maxAge: 600,
        // An OPTIONS that is no preflight is an unknown route like any other.
        preflight: 'origin' in headers && 'access-control-request-method' in headers,
      }),
  });
}
