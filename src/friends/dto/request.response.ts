import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess, ApiTime } from '../../common/api-fields.js';
import type { FriendRequest, Person } from '../../realtime/wire.js';

class PersonResponse implements Person {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1a3')
  _id!: string;

  @ApiProperty({ example: 'Jane Doe' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/avatar.jpg' })
  photoURL!: string | null;
}

/** An open request for friendship. */
export class RequestResponse implements FriendRequest {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1d7')
  _id!: string;

  @ApiProperty({ type: PersonResponse, description: 'Who asked.' })
  from!: PersonResponse;

  @ApiProperty({ type: PersonResponse, description: 'Who was asked.' })
  to!: PersonResponse;

  @ApiProperty({ type: String, nullable: true, example: 'We met at the conference.' })
  note!: string | null;

  @ApiTime('2023-01-07T11:55:00.000Z')
  createdAt!: string;
}

export class RequestAnswer {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: RequestResponse })
  request!: RequestResponse;
}

export class RequestsResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [RequestResponse], description: 'By others, newest first.' })
  incoming!: RequestResponse[];

  @ApiProperty({ type: [RequestResponse], description: 'By me, newest first.' })
  outgoing!: RequestResponse[];
}
