import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess, ApiTime } from '../../common/api-fields.js';
import type { Account } from '../user.js';

/** A person as they see themselves. */
export class AccountDto implements Account {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1a1')
  _id!: string;

  @ApiProperty({ example: 'Ann Lee' })
  name!: string;

  @ApiProperty({ description: 'In lower case. Never shown to others.', example: 'ann@example.org' })
  email!: string;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.org/ann.jpg' })
  photoURL!: string | null;

  @ApiTime('2026-01-01T12:00:00.000Z')
  createdAt!: string;
}

export class AccountResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: AccountDto })
  user!: AccountDto;
}
