import { ApiExtension } from '@nestjs/swagger';
import type { ErrorCode } from './codes.js';

/** Where a route keeps its codes until the OpenAPI document is complete. */
export const ERROR_CODES = 'x-error-codes';

/** Documents the errors of a route, beside those that every route of its kind can answer. */
export function ApiErrors(...codes: ErrorCode[]): MethodDecorator {
  return ApiExtension(ERROR_CODES, codes);
}
