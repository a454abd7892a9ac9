import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../common/public.decorator.js';
import { HealthResponse } from './dto/health.response.js';
import { Readiness } from './readiness.js';

@ApiTags('Operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Whether the process runs; a restart helps where it does not answer. */
  @Get('live')
  @ApiOperation({
    operationId: 'isAlive',
    summary: 'Liveness',
    description: 'Answers while the process runs.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'It runs.' })
  live(): HealthResponse {
    return { success: true };
  }

  /** Whether requests should be sent here: not before the start is complete, nor while draining. */
  @Get('ready')
  @ApiOperation({
    operationId: 'isReady',
    summary: 'Readiness',
    description:
      'Answers 200 while the service can really serve. `degraded` names what is missing meanwhile: without `redis` ' +
      'people on different nodes hear each other only when it is back.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'It serves.' })
  async ready(): Promise<HealthResponse> {
    await this.readiness.assert();
    const { missing } = this.readiness;
    return { success: true, ...(missing.length > 0 && { degraded: missing }) };
  }
}
