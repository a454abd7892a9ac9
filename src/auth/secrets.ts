import { hkdfSync } from 'node:crypto';
import type { AppConfig } from '../config/app-config.js';

/** The key that access tokens are signed with. */
export function signingKey({ JWT_SECRET }: AppConfig): string {
  if (!JWT_SECRET) throw new Error('The configuration has no JWT_SECRET');
  return JWT_SECRET;
}

/** The key of refresh tokens: derived (RFC 5869), so that neither kind of token can stand for the other. */
export function refreshKey(config: AppConfig): Buffer {
  return Buffer.from(hkdfSync('sha256', signingKey(config), '', 'reals2chat refresh token', 32));
}
