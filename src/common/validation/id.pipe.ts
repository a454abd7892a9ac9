import { Injectable, type PipeTransform } from '@nestjs/common';
import { ChatError } from '../errors/chat-error.js';
import { isId } from './fields.js';

/** An id in a path: 24 hex digits, handed on in lower case. */
@Injectable()
export class IdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data }: { data?: string | undefined }): string {
    if (!isId(value)) throw ChatError.invalid(data ?? 'id', 'must be an id of 24 hex digits');
    return value.toLowerCase();
  }
}
