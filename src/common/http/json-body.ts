import type { FastifyInstance } from 'fastify';
import { ChatError } from '../errors/chat-error.js';

/**
 * JSON is the only body taken; any other content type is a 415. An empty body counts as none, since many
 * clients name the content type on every request. Bytes that are not UTF-8 (RFC 8259, 8.1) are refused, not
 * repaired, and so are keys that reach for prototypes.
 */
export function takeJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    let text: string;
    try {
      text = utf8.decode(body);
    } catch (cause) {
      return done(new ChatError('malformed_json', { cause }));
    }
    void parse(request, text, (error, value) =>
      done(error && new ChatError('malformed_json', { cause: error }), value),
    );
  });
}
