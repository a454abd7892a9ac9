import { describe, expect, it, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { AppConfig } from '../config/app-config.js';
import { AccessTokens } from './access-tokens.js';
import { RefreshTokens } from './refresh-tokens.js';

const configured = (JWT_SECRET: string) => Object.assign(new AppConfig(), { JWT_SECRET });
const SECRET = 'a secret of more than thirty-two characters';
const tokens = new RefreshTokens(configured(SECRET));
const claim = { sessionId: '0123456789abcdef01234567', counter: 41 };

function refusalOf(token: string): string | undefined {
  try {
    tokens.read(token);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a refresh token', () => {
  it('stands for a session and a number', () => {
    expect(tokens.read(tokens.issue(claim))).toEqual(claim);
    expect(tokens.read(tokens.issue({ ...claim, counter: 0 }))).toEqual({ ...claim, counter: 0 });
  });

  it('is the same whenever and on whatever node it is made', () => {
    expect(new RefreshTokens(configured(SECRET)).issue(claim)).toBe(tokens.issue(claim));
  });

  const [sid, counter, mac] = tokens.issue(claim).split('.');
  const accessToken = new AccessTokens(new JwtService({ secret: SECRET }), configured(SECRET)).issue({
    userId: claim.sessionId,
    sessionId: claim.sessionId,
  });

  test.each([
    ['another number', `${sid}.42.${mac}`],
    ['a number written otherwise', `${sid}.041.${mac}`],
    ['a negative number', `${sid}.-1.${mac}`],
    ['a number too long', `${sid}.41414141414141414141.${mac}`],
    ['another session', `${sid?.replace('0', '1')}.${counter}.${mac}`],
    ['the session in upper case', `${sid?.toUpperCase()}.${counter}.${mac}`],
    ['no signature', `${sid}.${counter}.`],
    ['the signature padded', `${tokens.issue(claim)}=`],
    ['a line feed behind', `${tokens.issue(claim)}\n`],
    ['the secret of another service', new RefreshTokens(configured(`${SECRET}.`)).issue(claim)],
    ['an access token', accessToken],
    ['nothing', ''],
  ])('is refused with %s', (_, token) => {
    expect(refusalOf(token)).toBe('unauthorized');
  });

  it('is refused with any character changed', () => {
    const token = tokens.issue(claim);
    for (let index = 0; index < token.length; index += 1) {
      for (const other of 'A0a-_.') {
        if (token[index] === other) continue;
        expect(refusalOf(token.slice(0, index) + other + token.slice(index + 1))).toBe('unauthorized');
      }
    }
  });
});
