import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiIdParam } from '../common/api-fields.js';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { type Identity, Me } from '../common/identity.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { MarkedReadResponse, MarkReadDto } from './dto/receipt.dto.js';
import { ReceiptsService } from './receipts.service.js';

/** Receipts over HTTP. */
@ApiTags('Conversations')
@ApiBearerAuth()
@Controller('conversations')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptsService) {}

  @Put(':otherUserId/read')
  @ApiOperation({
    operationId: 'markRead',
    summary: 'Mark a conversation as read',
    description:
      'Up to and including a message. Only forward; the other is told, unless a block stands between.',
  })
  @ApiIdParam('otherUserId', 'The other person.')
  @ApiOkResponse({ type: MarkedReadResponse, description: 'Marked.' })
  @ApiErrors('to_oneself', 'seq_out_of_range', 'not_found')
  async read(
    @Me() me: Identity,
    @Param('otherUserId', IdPipe) otherUserId: string,
    @Body() { seq }: MarkReadDto,
  ): Promise<MarkedReadResponse> {
    return { success: true, unreadCount: await this.receipts.markReadWith(me, otherUserId, seq) };
  }
}
