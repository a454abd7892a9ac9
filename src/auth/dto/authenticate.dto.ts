import { TextField } from '../../common/validation/fields.js';
import { LONGEST_TOKEN } from '../claims.js';

export class Authenticate {
  @TextField({ description: 'A fresh access token of the same session.', min: 1, max: LONGEST_TOKEN })
  token!: string;
}
