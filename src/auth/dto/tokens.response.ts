import { ApiProperty } from '@nestjs/swagger';
import { ApiSuccess } from '../../common/api-fields.js';
import { AccountDto } from '../../users/dto/account.response.js';
import type { Tokens } from '../auth.service.js';

export class TokensResponse implements Tokens {
  @ApiSuccess()
  success!: true;

  @ApiProperty({
    description: 'A JWT for `Authorization: Bearer` and the handshake of the socket.',
    example:
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2M2I4YzNiOWU0YjBlNGI4YzhlMWIxYTEifQ.c2lnbmF0dXJl',
  })
  accessToken!: string;

  @ApiProperty({
    description: 'Opaque. Good for one exchange; each exchange gives the next one.',
    example: '63b8c3b9e4b0e4b8c8e1b1d0.0.kq9N3cXvS1bQJ5m0oGm7w0m5b1a3nV0d2r8yZlTgF4E',
  })
  refreshToken!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description: 'Life of the access token in seconds.',
    example: 604_800,
  })
  expiresIn!: number;
}

export class SignedInResponse extends TokensResponse {
  @ApiProperty({ type: AccountDto })
  user!: AccountDto;
}
