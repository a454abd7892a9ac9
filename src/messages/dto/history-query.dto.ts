import { QueryNumberField } from '../../common/validation/fields.js';

export class HistoryQueryDto {
  @QueryNumberField({
    description: 'Most messages; 50 where only `before` or `after` is given.',
    min: 1,
    max: 200,
    optional: true,
  })
  limit?: number;

  @QueryNumberField({
    description: 'Only messages with a smaller `seq`. Not together with `after`.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
  })
  before?: number;

  @QueryNumberField({
    description: 'Only messages with a larger `seq`. Not together with `before`.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
  })
  after?: number;
}
