import type { OpenAPIObject } from '@nestjs/swagger';
import { ERROR_CODES } from '../common/errors/api-errors.decorator.js';
import type { ErrorBody } from '../common/errors/chat-error.js';
import { ERRORS, type ErrorCode } from '../common/errors/codes.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { [ERROR_CODES]?: ErrorCode[] };
type Responses = Operation['responses'];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
} as const;

const INVALID_FIELD = { field: 'name', message: 'must be a text of 1 to 80 characters' };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const OF_EVERY_ROUTE: ErrorCode[] = ['validation_failed', 'rate_limited', 'internal', 'unavailable'];
const OF_GUARDED_ROUTES: ErrorCode[] = ['unauthorized', 'token_expired', 'session_revoked'];
const OF_ROUTES_WITH_A_BODY: ErrorCode[] = ['malformed_json', 'too_large', 'unsupported_media_type'];

/** Writes each route's errors into the document (one response per status, each code with an example), and which are public. */
export function documentErrors(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation: Operation | undefined = path[method];
      if (!operation) continue;
      writeErrors(operation);
      operation.security ??= [];
    }
  }
  return document;
}

function writeErrors(operation: Operation): void {
  const codes = new Set([
    ...OF_EVERY_ROUTE,
    ...(operation.security ? OF_GUARDED_ROUTES : []),
    ...(operation.requestBody ? OF_ROUTES_WITH_A_BODY : []),
    ...(operation[ERROR_CODES] ?? []),
  ]);
  delete operation[ERROR_CODES];
  const inOrder = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => codes.has(code));
  Object.assign(operation.responses, responsesOf(inOrder));
}

function responsesOf(codes: ErrorCode[]): Responses {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      responseOf(codes.filter((code) => ERRORS[code].status === status)),
    ]),
  );
}

function responseOf(codes: ErrorCode[]): Responses[string] {
  return {
    ...(codes.includes('rate_limited') && { headers: RETRY_AFTER }),
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join('\n\n'),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorResponse' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ErrorCode): ErrorBody {
  const body: ErrorBody = { success: false, message: ERRORS[code].message, code };
  return code === 'validation_failed' ? { ...body, errors: [INVALID_FIELD] } : body;
}
