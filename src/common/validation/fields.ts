import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsEmail, IsInt, Max, Min, ValidateBy, ValidateIf } from 'class-validator';

/**
 * The fields of our DTOs: each decorator is the validation rule and its place in the OpenAPI document at once,
 * so that the two cannot differ. Types are strict: nothing is converted.
 */
interface FieldOptions {
  description: string;
  example?: unknown;
  /** May be left out. */
  optional?: boolean;
  /** May be `null`. */
  nullable?: boolean;
}

interface TextOptions extends FieldOptions {
  /** Fewest characters (Unicode code points); 0 unless told. */
  min?: number;
  /** Most characters (Unicode code points). */
  max: number;
  /** What the whole text must look like, for the machine and for the person. */
  pattern?: { regex: RegExp; says: string };
}

const ID = /^[0-9a-fA-F]{24}$/;

/** A text, returned as sent. Characters are counted as Unicode code points; a lone surrogate is refused. */
export function TextField({ min = 0, max, pattern, ...field }: TextOptions): PropertyDecorator {
  return applyDecorators(
    presence(field),
    rule('isText', (value) => typeof value === 'string' && isTextWithin(value, min, max), textRule(min, max)),
    ...(pattern ? [rule('matches', (value) => isMatch(value, pattern.regex), `must ${pattern.says}`)] : []),
    ApiProperty(
      documented(field, {
        type: 'string',
        ...(min > 0 && { minLength: min }),
        maxLength: max,
        ...(pattern && { pattern: pattern.regex.source }),
      }),
    ),
  );
}

/** The id of something: 24 hex digits, taken in either case, handed on in lower case. */
export function IdField(field: FieldOptions): PropertyDecorator {
  return applyDecorators(
    presence(field),
    Transform(({ value }: { value: unknown }) => (isId(value) ? value.toLowerCase() : value)),
    rule('isId', isId, 'must be an id of 24 hex digits'),
    ApiProperty(documented(field, { type: 'string', pattern: ID.source })),
  );
}

/** An e-mail address of at most 254 characters (RFC 5321). */
export function EmailField(field: FieldOptions): PropertyDecorator {
  return applyDecorators(
    presence(field),
    rule(
      'isShort',
      (value) => typeof value !== 'string' || value.length <= 254,
      'must have at most 254 characters',
    ),
    IsEmail({}, { message: 'must be an e-mail address' }),
    ApiProperty(documented(field, { type: 'string', format: 'email', maxLength: 254 })),
  );
}

/** A web address, `http` or `https`, at most 2,048 characters, returned as sent. */
export function UrlField(field: FieldOptions): PropertyDecorator {
  return applyDecorators(
    presence(field),
    rule('isWebAddress', isWebAddress, 'must be an http or https address of at most 2048 characters'),
    ApiProperty(documented(field, { type: 'string', format: 'uri', maxLength: 2048 })),
  );
}

/** A yes or no; `"true"` is not one. */
export function FlagField(field: FieldOptions): PropertyDecorator {
  return applyDecorators(
    presence(field),
    IsBoolean({ message: 'must be true or false' }),
    ApiProperty(documented(field, { type: 'boolean' })),
  );
}

/** A whole number in a JSON body; `"7"` is not one. */
export function NumberField(range: FieldOptions & { min: number; max: number }): PropertyDecorator {
  const { min, max, ...field } = range;
  const says = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(
    presence(field),
    IsInt({ message: says }),
    Min(min, { message: says }),
    Max(max, { message: says }),
    ApiProperty(documented(field, { type: 'integer', minimum: min, maximum: max })),
  );
}

/** A whole number in a query string, where everything arrives as text: digits only. */
export function QueryNumberField(
  range: FieldOptions & { min: number; max: number; default?: number },
): PropertyDecorator {
  const { min, max, default: preset, ...field } = range;
  const says = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(
    presence(field),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value,
    ),
    IsInt({ message: says }),
    Min(min, { message: says }),
    Max(max, { message: says }),
    ApiProperty(
      documented(field, {
        type: 'integer',
        minimum: min,
        maximum: max,
        ...(preset !== undefined && { default: preset }),
      }),
    ),
  );
}

/** Whether this is the text form of an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** Whether this is an `http(s)` address of at most 2,048 characters. */
export function isWebAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 2048 || !value.isWellFormed()) return false;
  if (!/^https?:\/\/[^\s]+$/i.test(value)) return false;
  return URL.canParse(value);
}

/** Length in Unicode code points, without walking further than needed. */
export function isTextWithin(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max || text.length < min || !text.isWellFormed()) return false;
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters >= min && characters <= max;
}

/** A rule of our own as a class-validator decorator. */
export function rule(name: string, holds: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: holds, defaultMessage: () => message } });
}

function presence({ optional, nullable }: FieldOptions): PropertyDecorator {
  return ValidateIf(
    (_, value: unknown) => !(optional && value === undefined) && !(nullable && value === null),
  );
}

function documented(field: FieldOptions, schema: ApiPropertyOptions): ApiPropertyOptions {
  return {
    ...schema,
    description: field.description,
    ...(field.example !== undefined && { example: field.example }),
    required: !field.optional,
    ...(field.nullable && { nullable: true }),
  } as ApiPropertyOptions;
}

function isMatch(value: unknown, regex: RegExp): boolean {
  return typeof value !== 'string' || regex.test(value);
}

function textRule(min: number, max: number): string {
  return min > 0
    ? `must be a text of ${min} to ${max} characters`
    : `must be a text of at most ${max} characters`;
}
