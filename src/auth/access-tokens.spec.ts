import { createHmac } from 'node:crypto';
import { describe, expect, it, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { AppConfig } from '../config/app-config.js';
import { AccessTokens } from './access-tokens.js';
import { RefreshTokens } from './refresh-tokens.js';

const SECRET = 'a secret of more than thirty-two characters';
const config = Object.assign(new AppConfig(), { JWT_SECRET: SECRET, ACCESS_TOKEN_TTL: '1h' });
const tokens = new AccessTokens(new JwtService({ secret: SECRET }), config);
const who = { userId: 'a'.repeat(24), sessionId: '0123456789abcdef01234567' };

const now = Math.floor(Date.now() / 1000);
const good = {
  sub: who.userId,
  sid: who.sessionId,
  iat: now,
  exp: now + 60,
  iss: 'reals2chat',
  aud: 'reals2chat',
};
const header = { alg: 'HS256', typ: 'JWT' };

/** A token as anyone who knows the secret could make it. */
function forge(payload: unknown, headed: object = header, secret = SECRET, hash = 'sha256'): string {
  const body = [headed, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
}

function refusalOf(token: string): string | undefined {
  try {
    tokens.verify(token);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('an access token', () => {
  it('says who is calling, by which session and until when', () => {
    const token = tokens.issue(who);
    const { iat, exp, ...claims } = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toEqual({ sub: who.userId, sid: who.sessionId, iss: 'reals2chat', aud: 'reals2chat' });
    expect(exp - iat).toBe(3600);
    expect(tokens.lifetime).toBe(3600);
    expect(tokens.verify(token)).toEqual({ ...who, expiresAt: exp });
  });

  it('may be made by hand, by whoever has the secret', () => {
    expect(refusalOf(forge(good))).toBeUndefined();
  });

  it('may come from a node whose clock is a little ahead', () => {
    expect(refusalOf(forge({ ...good, iat: now + 30 }))).toBeUndefined();
  });

  it('is past its end at the second of exp', () => {
    expect(refusalOf(forge({ ...good, iat: now - 60, exp: now }))).toBe('token_expired');
    expect(refusalOf(forge({ ...good, iat: now - 60, exp: now - 1 }))).toBe('token_expired');
  });

  const { sub: _sub, ...noSub } = good;
  const { sid: _sid, ...noSid } = good;
  const { iat: _iat, ...noIat } = good;
  const { exp: _exp, ...noExp } = good;
  const unsigned = forge(good, { alg: 'none', typ: 'JWT' });

  test.each([
    ['alg none with a signature', unsigned],
    ['alg none without a signature', unsigned.slice(0, unsigned.lastIndexOf('.') + 1)],
    ['no signature', forge(good).slice(0, forge(good).lastIndexOf('.') + 1)],
    ['two parts', forge(good).split('.').slice(0, 2).join('.')],
    ['HS512', forge(good, { ...header, alg: 'HS512' }, SECRET, 'sha512')],
    ['HS384', forge(good, { ...header, alg: 'HS384' }, SECRET, 'sha384')],
    ['an algorithm in another case', forge(good, { ...header, alg: 'hs256' })],
    ['no algorithm', forge(good, { typ: 'JWT' })],
    ['another secret', forge(good, header, `${SECRET}.`)],
    ['a critical header', forge(good, { ...header, crit: ['exp'] })],
    ['a critical header that names nothing', forge(good, { ...header, crit: [] })],
    ['no exp', forge(noExp)],
    ['exp as a text', forge({ ...good, exp: String(good.exp) })],
    ['exp with a fraction', forge({ ...good, exp: good.exp + 0.5 })],
    ['exp null', forge({ ...good, exp: null })],
    ['no iat', forge(noIat)],
    ['iat ahead', forge({ ...good, iat: now + 120 })],
    ['iat as a text', forge({ ...good, iat: String(now) })],
    ['nbf ahead', forge({ ...good, nbf: now + 30 })],
    ['no sub', forge(noSub)],
    ['sub an object', forge({ ...good, sub: { $ne: null } })],
    ['sub a list', forge({ ...good, sub: [good.sub] })],
    ['sub in upper case', forge({ ...good, sub: good.sub.toUpperCase() })],
    ['sub too long', forge({ ...good, sub: `${good.sub}a` })],
    ['sub with a line feed', forge({ ...good, sub: `${good.sub}\n` })],
    ['no sid', forge(noSid)],
    ['sid an object', forge({ ...good, sid: { $gt: '' } })],
    ['another issuer', forge({ ...good, iss: 'someone' })],
    ['another audience', forge({ ...good, aud: 'someone' })],
    ['a payload that is a list', forge([good])],
    ['a payload that is a text', forge('x')],
    ['a payload that is null', forge(null)],
    ['a token of 2,049 characters', forge({ ...good, x: 'x'.repeat(2000) })],
    ['nothing', ''],
    ['dots', '..'],
    ['a refresh token', new RefreshTokens(config).issue({ sessionId: who.sessionId, counter: 0 })],
  ])('is refused with %s', (_, token) => {
    expect(refusalOf(token)).toBe('unauthorized');
  });

  it('is refused with any character changed, in header, payload or signature', () => {
    const token = tokens.issue(who);
    for (let index = 0; index < token.length; index += 1) {
      for (const other of ['A', 'B', '.', '=', '\u0141']) {
        if (token[index] === other) continue;
        expect(refusalOf(token.slice(0, index) + other + token.slice(index + 1))).toBe('unauthorized');
      }
    }
    expect(refusalOf(`${token}A`)).toBe('unauthorized');
    expect(refusalOf(` ${token}`)).toBe('unauthorized');
    expect(refusalOf(`${token}\n`)).toBe('unauthorized');
  });
});
