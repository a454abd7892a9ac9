import { beforeAll, describe, expect, it } from '@jest/globals';
import { Passwords } from './passwords.js';

const passwords = new Passwords();
beforeAll(() => passwords.onModuleInit());

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times.toSorted((one, other) => one - other)[4] ?? NaN;
}

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

  it('is refused where there is no account, in the same time', async () => {
    const hash = await passwords.hash('a password');
    expect(await passwords.matches('a password', undefined)).toBe(false);
    const wrong = await timeOf(() => passwords.matches('wrong', hash));
    const unknown = await timeOf(() => passwords.matches('wrong', undefined));
    expect(Math.max(wrong, unknown) / Math.min(wrong, unknown)).toBeLessThan(1.7);
  });
});
