import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { ChatError, type FieldError } from '../errors/chat-error.js';

/** The one pipe every request and event passes: unknown fields are refused, nothing is converted. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => new ChatError('validation_failed', { errors: fieldErrors(errors) }),
  });
}

/** class-validator's tree of errors as a flat list with dotted paths. */
export function fieldErrors(errors: ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const field = parent + error.property;
    const own = Object.entries(error.constraints ?? {}).map(([name, message]) => ({
      field,
      message: name === 'whitelistValidation' ? 'is not a known field' : message,
    }));
    return [...own, ...fieldErrors(error.children ?? [], `${field}.`)];
  });
}
