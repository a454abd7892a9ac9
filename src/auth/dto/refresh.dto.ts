import { TextField } from '../../common/validation/fields.js';

export class Refresh {
  @TextField({
    description: 'The newest refresh token of the session. Opaque.',
    example: '63b8c3b9e4b0e4b8c8e1b1d0.0.kq9N3cXvS1bQJ5m0oGm7w0m5b1a3nV0d2r8yZlTgF4E',
    max: 512,
  })
  refreshToken!: string;
}
