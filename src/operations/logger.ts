import { format } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { logEntryOf } from '../common/message-of.js';
import type { AppConfig } from '../config/app-config.js';

/** JSON lines on standard error in production, readable ones elsewhere. Standard output is for the `Ready` line. */
export function createLogger(config: Pick<AppConfig, 'isProduction' | 'LOG_LEVEL'>): Logger {
  const options = { level: config.LOG_LEVEL, base: null, serializers: { err: logEntryOf } };
  if (config.isProduction) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino(
    options,
    pretty({ destination: 2, sync: true, singleLine: true, ignore: 'context', messageFormat }),
  );
}

function messageFormat(line: Record<string, unknown>, messageKey: string): string {
  const { context, [messageKey]: message } = line;
  return (typeof context === 'string' ? `[${context}] ` : '') + (typeof message === 'string' ? message : '');
}

/** What Nest and the features log, written by the one logger. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    // Nest says a line for each module and route at the start: of interest to developers only.
    const level = STARTUP_CONTEXTS.has(context ?? '') ? 'debug' : 'info';
    this.write(level, message, context);
  }

  warn(message: unknown, context?: string): void {
    this.write('warn', message, context);
  }

  error(message: unknown, ...rest: string[]): void {
    const context = rest.pop();
    this.write('error', message, context, rest[0]);
  }

  fatal(message: unknown, context?: string): void {
    this.write('fatal', message, context);
  }

  debug(message: unknown, context?: string): void {
    this.write('debug', message, context);
  }

  verbose(message: unknown, context?: string): void {
    this.write('trace', message, context);
  }

  private write(level: Level, message: unknown, context?: string, stack?: string): void {
    const fields = { ...(context && { context }), ...(stack && { stack }) };
    if (message instanceof Error) this.logger[level]({ ...fields, err: message });
    else if (typeof message === 'object') this.logger[level]({ ...fields, ...message });
    else this.logger[level](fields, typeof message === 'string' ? message : format(message));
  }
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

const STARTUP_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
]);
