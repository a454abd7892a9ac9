import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from './codes.js';

/** Documents the errors of a route: one response per status, each code with its example and when it happens. */
export function ApiErrors(...codes: ErrorCode[]): MethodDecorator & ClassDecorator {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))];
  return applyDecorators(
    ...statuses.map((status) => {
      const group = codes.filter((code) => ERRORS[code].status === status);
      return ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join('\n\n'),
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/ErrorResponse' },
            examples: Object.fromEntries(
              group.map((code) => [code, { value: { success: false, message: ERRORS[code].message, code } }]),
            ),
          },
        },
      });
    }),
  );
}
