import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess } from '../../common/api-fields.js';
import type { FoundPerson, Relationship } from '../people.service.js';

class FoundPersonResponse implements FoundPerson {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  _id!: string;

  @ApiProperty({ example: 'Jane Doe' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/avatar.jpg' })
  photoURL!: string | null;

  @ApiProperty({
    enum: ['none', 'friend', 'incoming', 'outgoing'],
    description: 'What this person is to me: `incoming` asked me, `outgoing` was asked by me.',
  })
  relationship!: Relationship;
}

export class PeopleResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [FoundPersonResponse] })
  users!: FoundPersonResponse[];
}
