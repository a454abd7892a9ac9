import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess } from '../../common/api-fields.js';
import type { Friend } from '../../realtime/wire.js';

/** An entry of the friends list. */
export class FriendResponse implements Friend {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  _id!: string;

  @ApiProperty({ example: 'Jane Doe' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/avatar.jpg' })
  photoURL!: string | null;

  @ApiProperty({ example: true })
  isOnline!: boolean;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: '`null` for someone who was never online.',
    example: '2023-01-07T11:55:00.000Z',
  })
  lastSeen!: string | null;
}

export class FriendsListResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [FriendResponse], description: 'By name.' })
  friends!: FriendResponse[];
}

export class FriendAnswer {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: FriendResponse })
  friend!: FriendResponse;
}
