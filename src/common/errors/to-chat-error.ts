import { HttpException } from '@nestjs/common';
import { isDatabaseAway } from './database-errors.js';
import { ChatError } from './chat-error.js';
import type { ErrorCode } from './codes.js';

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'validation_failed',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not_found',
  405: 'not_found',
  413: 'too_large',
  414: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  503: 'unavailable',
};

const MALFORMED_BODY = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY']);

/**
 * Whatever was thrown, as an error of the contract: a `ChatError` stays itself, errors of Nest and Fastify are
 * told by their status, a database that cannot be reached is `unavailable`, all else is `internal` with the
 * original as its `cause`, for the log only.
 */
export function toChatError(thrown: unknown): ChatError {
  if (thrown instanceof ChatError) return thrown;
  if (isDatabaseAway(thrown)) return new ChatError('unavailable', { cause: thrown });
  const code = codeOf(thrown);
  return code ? new ChatError(code, { cause: thrown }) : new ChatError('internal', { cause: thrown });
}

function codeOf(thrown: unknown): ErrorCode | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const original = thrown instanceof HttpException && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (original instanceof SyntaxError && 'statusCode' in original) return 'malformed_json';
  if ('code' in original && MALFORMED_BODY.has(String(original.code))) return 'malformed_json';
  if (thrown instanceof HttpException) return BY_STATUS[thrown.getStatus()];
  if ('statusCode' in thrown && typeof thrown.statusCode === 'number') return BY_STATUS[thrown.statusCode];
  return undefined;
}
