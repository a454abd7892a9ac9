import { ApiParam, ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** What occurs in many routes, as the OpenAPI document tells it. */

/** An id: 24 hex digits in lower case. */
export function ApiId(example: string, description?: string): PropertyDecorator {
  return told(description, { type: 'string', pattern: '^[0-9a-f]{24}$', example });
}

/** An id in a path, which `IdPipe` takes. */
export function ApiIdParam(name: string, description: string): MethodDecorator {
  return ApiParam({ name, description, schema: { type: 'string', pattern: '^[0-9a-fA-F]{24}$' } });
}

/** A time: ISO 8601, UTC, with milliseconds. */
export function ApiTime(example: string, description?: string): PropertyDecorator {
  return told(description, { type: 'string', format: 'date-time', example });
}

/** What an answer begins with that is no error. */
export function ApiSuccess(): PropertyDecorator {
  return ApiProperty({ type: 'boolean', enum: [true], example: true });
}

function told(description: string | undefined, options: ApiPropertyOptions): PropertyDecorator {
  return ApiProperty(description === undefined ? options : { ...options, description });
}
