import { type ArgumentMetadata, Injectable, ValidationPipe, type ValidationError } from '@nestjs/common';
import { ChatError, type FieldError } from '../errors/chat-error.js';

/** Deeper input than any DTO has; a walk through what is much deeper would exhaust the stack. */
const DEEPEST = 16;

/** Fields that are named at most: an answer is no larger for a body of many wrong fields. */
const MOST_ERRORS = 20;

/** The one pipe every request and event passes: unknown fields are refused, nothing is converted. */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) =>
        new ChatError('validation_failed', { errors: fieldErrors(errors).slice(0, MOST_ERRORS) }),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (this.toValidate(metadata) && isDeeperThan(value, DEEPEST)) {
      throw new ChatError('validation_failed', { message: 'The input is nested too deeply.' });
    }
    return super.transform(value, metadata);
  }
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

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(child, levels - 1));
}
