import { encoded, forge } from '../support/tokens.js';

/**
 * Ways to change a valid token without knowing the secret, beside those that do know it and sign what must not be
 * accepted. Each gives a token that must be refused.
 */
export function mutationsOf(token: string, claims: Record<string, unknown>): Record<string, string> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const payloadLike = (changes: object): string =>
    `${header}.${encoded({ ...claims, ...changes })}.${signature}`;
  const headerLike = (changes: object): string =>
    `${encoded({ alg: 'HS256', typ: 'JWT', ...changes })}.${payload}.${signature}`;
  const resigned = (changes: Record<string, unknown>): string => forge(claims, { header: changes });
  return {
    'header: alg none': headerLike({ alg: 'none' }),
    'header: a key id': headerLike({ kid: '1' }),
    'header: another order of its fields': `${encoded({ typ: 'JWT', alg: 'HS256' })}.${payload}.${signature}`,
    'header: missing': `.${payload}.${signature}`,
    'header: an empty object': `e30.${payload}.${signature}`,
    'header: a list': `${encoded([])}.${payload}.${signature}`,
    'header: null': `${encoded(null)}.${payload}.${signature}`,
    'header: no JSON': `${Buffer.from('{').toString('base64url')}.${payload}.${signature}`,
    'header: cut by one': `${header.slice(0, -1)}.${payload}.${signature}`,
    'header: twice': `${header}.${token}`,
    'header, signed: alg a list': resigned({ alg: ['HS256'] }),
    'header, signed: alg null': resigned({ alg: null }),
    'header, signed: alg with a blank behind': resigned({ alg: 'HS256 ' }),
    'header, signed: alg with NUL behind': resigned({ alg: 'HS256\0' }),
    'header, signed: alg of a prototype': resigned({ alg: '__proto__' }),
    'header, signed: a payload that is not encoded (RFC 7797)': resigned({ b64: false, crit: ['b64'] }),
    'payload: another person': payloadLike({ sub: 'f'.repeat(24) }),
    'payload: another session': payloadLike({ sid: 'f'.repeat(24) }),
    'payload: a longer life': payloadLike({ exp: 4_102_444_800 }),
    'payload: an administrator': payloadLike({ role: 'admin' }),
    'payload: missing': `${header}..${signature}`,
    'payload: an empty object': `${header}.e30.${signature}`,
    'payload: null': `${header}.${encoded(null)}.${signature}`,
    'payload: no JSON': `${header}.${Buffer.from('{').toString('base64url')}.${signature}`,
    'payload: cut by one': `${header}.${payload.slice(0, -1)}.${signature}`,
    'payload: padded': `${header}.${payload}=.${signature}`,
    'payload: a character that base64 passes over': `${header}.${payload}~.${signature}`,
    'payload: a field twice': `${header}.${doubled(payload)}.${signature}`,
    'payload in the place of the header': `${payload}.${header}.${signature}`,
    'payload of five parts, as if encrypted (RFC 7516)': `${token}.${payload}.${signature}`,
    'signature: missing': `${header}.${payload}`,
    'signature: empty': `${header}.${payload}.`,
    'signature: the first bit flipped': `${header}.${payload}.${flipped(signature, 0, 0x80)}`,
    'signature: the last bit flipped': `${header}.${payload}.${flipped(signature, 31, 0x01)}`,
    'signature: bits that do not count': `${header}.${payload}.${nextSpelling(signature)}`,
    'signature: zeros': `${header}.${payload}.${Buffer.alloc(32).toString('base64url')}`,
    'signature: padded': `${token}=`,
    'signature: cut by one': token.slice(0, -1),
    'signature: one more': `${token}A`,
    'signature: half': `${header}.${payload}.${signature.slice(0, 21)}`,
    'signature: hexadecimal': `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('hex')}`,
    'signature: of another token': `${header}.${payload}.${forge({}).split('.')[2]}`,
  };
}

function flipped(signature: string, index: number, bit: number): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(index) ^ bit, index);
  return bytes.toString('base64url');
}

/** Another text that decodes to the same 32 bytes: two bits of the last of the 43 characters carry nothing. */
function nextSpelling(signature: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + digits.charAt(digits.indexOf(signature.slice(-1)) + 1);
}

function doubled(payload: string): string {
  const text = Buffer.from(payload, 'base64url').toString();
  return Buffer.from(text.replace('{', '{"sub":"ffffffffffffffffffffffff",')).toString('base64url');
}
