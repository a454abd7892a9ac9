import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';

/** Longest access token that is looked at, in characters; ours have about 300. */
export const LONGEST_TOKEN = 2048;

/** How far the clocks of two nodes may differ, in seconds. */
const CLOCK_LEEWAY = 60;

const ID = /^[0-9a-f]{24}$/;

/** A token whose signature, algorithm, `iss`, `aud` and, where present, `nbf` and `exp` are good. */
export interface Jwt {
  header: object;
  payload: unknown;
}

/**
 * The rest of what makes a token one of ours, which `jsonwebtoken` does not check: that the claims are there and
 * of their type, that it was not issued in the future, and that the header demands nothing we do not understand
 * (`crit`: RFC 7515, 4.1.11).
 *
 * @throws ChatError `unauthorized`
 */
export function identityIn({ header, payload }: Jwt): Identity {
  if ('crit' in header || typeof payload !== 'object' || payload === null)
    throw new ChatError('unauthorized');
  const { sub, sid, iat, exp } = payload as Record<string, unknown>;
  const now = Date.now() / 1000;
  if (!isOurId(sub) || !isOurId(sid) || !isTime(iat) || !isTime(exp) || iat > now + CLOCK_LEEWAY) {
    throw new ChatError('unauthorized');
  }
  return { userId: sub, sessionId: sid, expiresAt: exp };
}

function isOurId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
