import { ApiProperty } from '@nestjs/swagger';
import type { ErrorBody, FieldError } from './chat-error.js';
import { ERRORS, type ErrorCode } from './codes.js';

class FieldErrorDto implements FieldError {
  @ApiProperty({ description: 'Path of the field.', example: 'attachment.url' })
  field!: string;

  @ApiProperty({ example: 'must be an http or https address of at most 2048 characters' })
  message!: string;
}

/** The body of every error. */
export class ErrorResponse implements ErrorBody {
  @ApiProperty({ enum: [false], example: false })
  success!: false;

  @ApiProperty({ description: 'One sentence for a person.', example: ERRORS.not_found.message })
  message!: string;

  @ApiProperty({ enum: Object.keys(ERRORS), description: 'Stable; branch on this.', example: 'not_found' })
  code!: ErrorCode;

  @ApiProperty({ type: [FieldErrorDto], required: false, description: 'With `validation_failed`.' })
  errors?: FieldErrorDto[];
}
