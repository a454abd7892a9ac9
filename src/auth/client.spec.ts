import { expect, test } from '@jest/globals';
import { clientOf } from './client.js';

test('what is kept of a request is short, printable and an address', () => {
  const of = (userAgent: string | undefined, ip: string) =>
    clientOf({ headers: userAgent === undefined ? {} : { 'user-agent': userAgent }, ip });
  expect(of('Firefox/152.0', '192.0.2.7')).toEqual({ userAgent: 'Firefox/152.0', ip: '192.0.2.7' });
  expect(of('a\tb\u0007\u0085c', '::ffff:192.0.2.7')).toEqual({ userAgent: 'abc', ip: '192.0.2.7' });
  expect(of('x'.repeat(1000), '2001:db8::1')).toEqual({ userAgent: 'x'.repeat(256), ip: '2001:db8::1' });
  expect(of(undefined, 'unknown')).toEqual({ userAgent: null, ip: null });
  expect(of('\u0001', '')).toEqual({ userAgent: null, ip: null });
});
