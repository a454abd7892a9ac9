import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../common/public.decorator.js';
import { Readiness } from './readiness.js';

@ApiTags('Operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Whether the process runs; a restart helps where it does not answer. */
  @Get('live')
  @ApiOperation({ summary: 'Liveness', description: 'Answers while the process runs.' })
  @ApiOkResponse({ example: { success: true } })
  live(): { success: true } {
    return { success: true };
  }

  /** Whether requests should be sent here: not before the start is complete, nor while draining. */
  @Get('ready')
  @ApiOperation({ summary: 'Readiness', description: 'Answers 200 while the service can really serve.' })
  @ApiOkResponse({ example: { success: true } })
  async ready(): Promise<{ success: true }> {
    await this.readiness.assert();
    return { success: true };
  }
}
