import { QueryNumberField, TextField } from '../../common/validation/fields.js';

/** The most people one search gives. */
export const MOST_PEOPLE = 20;

/** Whom to look for. */
export class SearchPeople {
  @TextField({
    description: 'The beginning of a name, or a whole e-mail address; case does not matter.',
    example: 'bob',
    min: 2,
    max: 254,
  })
  query!: string;

  @QueryNumberField({
    description: 'At most so many.',
    min: 1,
    max: MOST_PEOPLE,
    default: MOST_PEOPLE,
    optional: true,
  })
  limit?: number;
}
