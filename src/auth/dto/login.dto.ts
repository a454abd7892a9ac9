import { EmailField } from '../../common/validation/fields.js';
import { PasswordField } from './password-field.js';

export class Login {
  @EmailField({ description: 'In any case.', example: 'ann@example.org' })
  email!: string;

  @PasswordField('The password of this account.')
  password!: string;
}
