import { ApiProperty } from '@nestjs/swagger';
import { ApiId, ApiSuccess, ApiTime } from '../../common/api-fields.js';
import type { SessionInfo } from '../session.js';

/** A signed-in device. */
export class SessionDto implements SessionInfo {
  @ApiId('63b8c3b9e4b0e4b8c8e1b1d0')
  _id!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/152.0' })
  userAgent!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '192.0.2.7' })
  ip!: string | null;

  @ApiTime('2026-01-01T12:00:00.000Z')
  createdAt!: string;

  @ApiTime('2026-01-02T08:30:00.000Z', 'Exact to about a minute.')
  lastUsedAt!: string;

  @ApiProperty({ description: 'Whether it is the one that asks.', example: true })
  current!: boolean;
}

export class SessionsResponse {
  @ApiSuccess()
  success!: true;

  @ApiProperty({ type: [SessionDto], description: 'The one used last first.' })
  sessions!: SessionDto[];
}
