import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isId, NumberField, rule, TextField } from '../../common/validation/fields.js';
import { MostFields } from '../../common/validation/most-fields.js';
import type { Sync } from '../../realtime/wire.js';

/** Most conversations that one call names. */
const MOST_NAMED = 2000;

/** Longer than any token. */
const LONGEST_TOKEN = 200;

/** Longer than any cursor that fits into a body. */
const LONGEST_CURSOR = 1_000_000;

/** Tokens by conversation. */
function TokensField(description: string): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (areTokens(value) ? byLowerCaseId(value) : value)),
    rule(
      'areTokens',
      areTokens,
      `must be an object of at most ${MOST_NAMED} tokens, by the ids of their conversations`,
    ),
    ApiProperty({
      type: 'object',
      maxProperties: MOST_NAMED,
      additionalProperties: { type: 'string', maxLength: LONGEST_TOKEN },
      description,
      example: { '9f86d081884c7d659a2feaa0': 'AQAAAAAABz2SqxSaXt9h0kY3_mXf6vV8qtI4' },
    }),
  );
}

export const SYNCS = {
  'The first time': { value: { conversations: {}, people: '' } },
  'From then on': {
    value: { conversations: { '9f86d081884c7d659a2feaa0': 'AQAAAAAABz2SqxSaXt9h0kY3_mXf6vV8qtI4' } },
  },
};

/** What a device has. */
@MostFields(MOST_NAMED + 10)
export class SyncDto implements Sync {
  @TokensField('The tokens of the conversations that the device has, by `conversationId`.')
  conversations!: Record<string, string>;

  @TextField({
    description: 'The token of the lists of people, empty the first time. Left out, they are not told.',
    max: LONGEST_TOKEN,
    optional: true,
    example: '',
  })
  people?: string;

  @NumberField({
    description: 'Most messages in the answer; 200 where it is left out.',
    min: 1,
    max: 1000,
    optional: true,
    example: 200,
  })
  limit?: number;

  @TextField({
    description: 'The `cursor` of the answer before, where it was not `null`.',
    min: 1,
    max: LONGEST_CURSOR,
    optional: true,
  })
  cursor?: string;
}

function areTokens(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const named = Object.entries(value);
  return named.length <= MOST_NAMED && named.every(([id, token]) => isId(id) && isToken(token));
}

function byLowerCaseId(tokens: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tokens).map(([id, token]) => [id.toLowerCase(), token]));
}

function isToken(token: unknown): boolean {
  return typeof token === 'string' && token.length <= LONGEST_TOKEN;
}
