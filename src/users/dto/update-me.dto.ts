import { TextField, UrlField } from '../../common/validation/fields.js';

export const CHANGES_OF_ME = {
  'Another name': { value: { name: 'Ann Lee-Ray' } },
  'A picture': { value: { photoURL: 'https://example.org/ann.jpg' } },
  'No picture': { value: { photoURL: null } },
};

/** What to change; what is left out keeps its value. */
export class UpdateMe {
  @TextField({ description: 'What others call me.', example: 'Ann Lee', min: 1, max: 80, optional: true })
  name?: string;

  @UrlField({
    description: 'A picture of me; `null` removes it.',
    example: 'https://example.org/ann.jpg',
    optional: true,
    nullable: true,
  })
  photoURL?: string | null;
}
