import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { AppConfig } from './app-config.js';

/**
 * The key that access tokens are signed with. Not a text: jsonwebtoken would try with every request whether it holds a
 * public key.
 */
export function signingKey({ JWT_SECRET }: AppConfig): KeyObject {
  if (!JWT_SECRET) throw new Error('The configuration has no JWT_SECRET');
  return createSecretKey(JWT_SECRET, 'utf8');
}

/** A key for one purpose: derived (RFC 5869), so that nothing made with it can stand for what another one made. */
export function derivedKey(config: AppConfig, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', signingKey(config), '', `reals2chat ${purpose}`, 32));
}
