import { EmailField } from '../../common/validation/fields.js';
import { PasswordField } from './password-field.js';

/** The two who sign up in the examples. */
export const LOGINS = {
  Ann: { value: { email: 'ann@example.org', password: 'correct horse battery staple' } },
  Bob: { value: { email: 'bob@example.org', password: 'correct horse battery staple' } },
};

export class Login {
  @EmailField({ description: 'In any case.', example: 'ann@example.org' })
  email!: string;

  @PasswordField('The password of this account.')
  password!: string;
}
