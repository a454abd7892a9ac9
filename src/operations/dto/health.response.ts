import { ApiPropertyOptional } from '@nestjs/swagger';
import { ApiSuccess } from '../../common/api-fields.js';

export class HealthResponse {
  @ApiSuccess()
  success!: true;

  @ApiPropertyOptional({
    description: 'What is missing while the node serves without it.',
    enum: ['redis'],
    isArray: true,
    example: ['redis'],
  })
  degraded?: 'redis'[];
}
