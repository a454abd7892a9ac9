import { HttpException } from '@nestjs/common';
import { ERRORS, type ErrorCode } from './codes.js';

/** One field that was refused: its path (`attachment.url`) and what is wrong with it. */
export interface FieldError {
  field: string;
  message: string;
}

/** The error body of the contract, the same for HTTP responses, acknowledgements and `connect_error`. */
export interface ErrorBody {
  success: false;
  message: string;
  code: ErrorCode;
  errors?: FieldError[];
  /** Seconds; on sockets only, HTTP says it in the `Retry-After` header. */
  retryAfter?: number;
}

interface Details {
  message?: string;
  errors?: FieldError[];
  /** Seconds until it is worth trying again. */
  retryAfter?: number;
  cause?: unknown;
}

/** An error that is meant for the client: thrown by services, written by the filter of the transport. */
export class ChatError extends HttpException {
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    details: Details = {},
  ) {
    const { status, message } = ERRORS[code];
    super(details.message ?? message, status, details.cause === undefined ? {} : { cause: details.cause });
    this.errors = details.errors;
    this.retryAfter = details.retryAfter;
  }

  /** The body of the contract. */
  body(): ErrorBody {
    return {
      success: false,
      message: this.message,
      code: this.code,
      ...(this.errors && { errors: this.errors }),
    };
  }

  /** A `validation_failed` for a single field. */
  static invalid(field: string, message: string): ChatError {
    return new ChatError('validation_failed', { errors: [{ field, message }] });
  }
}
