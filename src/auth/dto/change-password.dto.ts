import { NewPasswordField, PasswordField } from './password-field.js';

export class ChangePassword {
  @PasswordField('The password as it is now.')
  currentPassword!: string;

  @NewPasswordField('The password from now on.', 'a horse of another color')
  newPassword!: string;
}
