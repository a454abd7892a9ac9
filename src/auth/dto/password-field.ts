import { TextField } from '../../common/validation/fields.js';

const LONGEST = 128;
const EXAMPLE = 'correct horse battery staple';

/** A password to be set. */
export function NewPasswordField(description: string, example = EXAMPLE): PropertyDecorator {
  return TextField({ description, example, min: 8, max: LONGEST });
}

/** A password to be checked: one that could never have been set is wrong like any other. */
export function PasswordField(description: string): PropertyDecorator {
  return TextField({ description, example: EXAMPLE, max: LONGEST });
}
