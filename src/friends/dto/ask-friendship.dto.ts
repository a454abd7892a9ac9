import { IdField, TextField } from '../../common/validation/fields.js';

/** Whom to ask for friendship, and a word to go with it. */
export class AskFriendship {
  @IdField({ description: 'Who is asked.', example: '63b8c3b9e4b0e4b8c8e1b1a3' })
  userId!: string;

  @TextField({
    description: 'Shown with the request.',
    example: 'We met at the conference.',
    max: 140,
    optional: true,
    nullable: true,
  })
  note?: string | null;
}
