import { type ArgumentMetadata, Injectable, ValidationPipe, type ValidationError } from '@nestjs/common';
import { validateSync, type ValidatorOptions } from 'class-validator';
import { ChatError, type FieldError } from '../errors/chat-error.js';
import { mostFieldsOf } from './most-fields.js';

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
    if (this.toValidate(metadata)) {
      if (!isWithin(value, { fields: mostFieldsOf(metadata.metatype) }, DEEPEST)) {
        throw new ChatError('validation_failed', {
          message: 'The input has too many fields or is nested too deeply.',
        });
      }
      const ignored = ignoredFieldIn(value);
      if (ignored !== undefined) throw ChatError.invalid(ignored, 'is not a known field');
    }
    return super.transform(value, metadata);
  }

  /** No rule of ours waits for anything, and a check without promises costs a fifth less. */
  protected override validate(object: object, options?: ValidatorOptions): ValidationError[] {
    return validateSync(object, options);
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

/** Whether the value has no more fields, at all levels together, and no more levels: looks no further than that. */
function isWithin(value: unknown, left: { fields: number }, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (ArrayBuffer.isView(value)) return true;
  for (const field in value) {
    left.fields -= 1;
    if (left.fields < 0 || !isWithin(value[field as keyof typeof value], left, levels - 1)) return false;
  }
  return true;
}

/**
 * A field with a name that JavaScript gives a meaning to, such as `constructor` and `__proto__`: Nest and
 * class-transformer drop it without a word, so that it would not be refused as unknown.
 */
function ignoredFieldIn(value: unknown, parent = ''): string | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [name, child] of Object.entries(value)) {
    const field = parent + name;
    if (name in Object.prototype || name === 'prototype') return field;
    const inner = ignoredFieldIn(child, `${field}.`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
