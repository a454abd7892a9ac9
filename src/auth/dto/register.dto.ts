import { EmailField, TextField, UrlField } from '../../common/validation/fields.js';
import { NewPasswordField } from './password-field.js';

/** Two people, ready to try the rest with. */
export const SIGN_UPS = {
  Ann: { value: { email: 'ann@example.org', password: 'correct horse battery staple', name: 'Ann Lee' } },
  Bob: { value: { email: 'bob@example.org', password: 'correct horse battery staple', name: 'Bob Ray' } },
};

export class Register {
  @EmailField({ description: 'Belongs to one account, in any case.', example: 'ann@example.org' })
  email!: string;

  @NewPasswordField('To sign in with.')
  password!: string;

  @TextField({ description: 'What others call me.', example: 'Ann Lee', min: 1, max: 80 })
  name!: string;

  @UrlField({
    description: 'A picture of me.',
    example: 'https://example.org/ann.jpg',
    optional: true,
    nullable: true,
  })
  photoURL?: string | null;
}
