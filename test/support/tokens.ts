import { createHmac } from 'node:crypto';

/** The secret of a service whose tokens a test forges: to be given to it as `JWT_SECRET`. */
export const SECRET = 'the secret that the tests sign with, too';

interface Signing {
  /** Beside `typ`, or in place of `alg`. */
  header?: Record<string, unknown>;
  secret?: string;
  hash?: 'sha256' | 'sha384' | 'sha512';
}

/** What a token says of itself, unchecked. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** A token as anyone who knows the secret could make it. */
export function forge(payload: unknown, { header, secret = SECRET, hash = 'sha256' }: Signing = {}): string {
  const body = `${encoded({ alg: 'HS256', typ: 'JWT', ...header })}.${encoded(payload)}`;
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
}

/** A part of a token. */
export function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
