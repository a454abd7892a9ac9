import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { HashQueue } from './hash-queue.js';

const argon2 = await import('@node-rs/argon2');
const verify = jest.fn(argon2.verify);
jest.unstable_mockModule('@node-rs/argon2', () => ({ ...argon2, verify }));
const { Passwords } = await import('./passwords.js');

const passwords = new Passwords();
beforeAll(() => passwords.onModuleInit());

describe('a password', () => {
  it('is stored as argon2id, with the parameters of OWASP and a salt of its own', async () => {
    const [one, other] = await Promise.all([passwords.hash('a password'), passwords.hash('a password')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
  });

  it('is known again, however its letters are composed', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait');
    expect(await passwords.matches('cafe\u0301 au lait', hash)).toBe(true);
    expect(await passwords.matches('cafe au lait', hash)).toBe(false);
  });

  it('is refused where there is no account, after the same work', async () => {
    const stored = await passwords.hash('a password');
    const jobs = jest.spyOn(HashQueue.prototype, 'run');
    const workOf = async (hash: string | undefined) => {
      verify.mockClear();
      jobs.mockClear();
      expect(await passwords.matches('wrong', hash)).toBe(false);
      const compared = verify.mock.calls.map(([against, password]) => [costOf(String(against)), password]);
      return { jobs: jobs.mock.calls.length, compared };
    };
    const wrong = await workOf(stored);
    expect(wrong).toEqual({ jobs: 1, compared: [[costOf(stored), 'wrong']] });
    expect(await workOf(undefined)).toEqual(wrong);
    jobs.mockRestore();
  });

  it('is refused where there is no account, even if it is that of the hash compared with', async () => {
    verify.mockResolvedValueOnce(true);
    expect(await passwords.matches('a password', undefined)).toBe(false);
  });
});

/** What the time of a comparison depends on: the parameters, and how long salt and hash are. */
function costOf(hash: string): unknown[] {
  const [, algorithm, version, parameters, salt, digest] = hash.split('$');
  return [algorithm, version, parameters, salt?.length, digest?.length];
}
