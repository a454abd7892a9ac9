import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { HashQueue } from '../../src/auth/hash-queue.js';
import { RULES } from '../../src/limits/rules.js';
import { makeWindowsLong } from '../support/limits.js';
import { call, type HttpAnswer, Person } from '../support/person.js';
import { type RunningApp, startApp } from '../support/running-app.js';

/** Rows 33 and 34 of the threats: who guesses passwords, from one address or from many. */

let app: RunningApp;
let ann: Person;
let addresses = 0;
beforeAll(async () => {
  makeWindowsLong();
  app = await startApp({ RATE_LIMITS: 'on', TRUSTED_PROXIES: '1' });
});
afterEach(() => void jest.restoreAllMocks());
afterAll(() => app.stop());

/** One that nobody has used yet. */
function newAddress(): string {
  addresses += 1;
  return `203.0.${addresses >> 8}.${addresses & 255}`;
}

/** Signs in by way of the proxy, which names this address. */
function signIn(email: string, password: string, address: string, { url } = app): Promise<HttpAnswer> {
  return call(url, 'POST', '/api/auth/login', {
    body: { email, password },
    headers: { 'x-forwarded-for': address },
  });
}

const isRight = async (address: string) => (await signIn(ann.account.email, ann.password, address)).status;
const isWrong = async (address: string) =>
  (await signIn(ann.account.email, 'a wrong password', address)).status;

/** What is said to this many tries, one after the other. */
async function outcomes(count: number, attempt: (index: number) => Promise<number>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) statuses.push(await attempt(index));
  return statuses;
}

/** 401 this often, then 429. */
function refusedAfter(taken: number, count: number): number[] {
  return [...Array<number>(taken).fill(401), ...Array<number>(count - taken).fill(429)];
}

/** How often each was said. */
function tally(statuses: number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('33: 20 wrong passwords', () => {
  test('for one account from one address: 429, and the right one opens it from elsewhere', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const hers = newAddress();
    const guesser = newAddress();
    expect(await outcomes(20, () => isWrong(guesser))).toEqual(refusedAfter(10, 20));

    const hashing = jest.spyOn(HashQueue.prototype, 'run');
    const refused = await signIn(ann.account.email, ann.password, guesser);
    expect(refused).toMatchObject({ status: 429, body: { success: false, code: 'rate_limited' } });
    expect(refused.body).not.toHaveProperty('retryAfter');
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(RULES.wrong_passwords_here.seconds);
    expect(hashing).not.toHaveBeenCalled();

    expect(await isRight(hers)).toBe(200);
    expect(await isRight(guesser)).toBe(429);
  });

  test('for one account from many addresses: 429, each has three tries, and the right one opens it', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const mine = Array.from({ length: 20 }, newAddress);
    expect(await outcomes(20, (index) => isWrong(mine[index] ?? ''))).toEqual(refusedAfter(10, 20));
    expect(await isRight(newAddress())).toBe(200);
    // Who mistyped once is not shut out either; who did three times is.
    const [once = '', thrice = ''] = mine;
    await isWrong(thrice);
    await isWrong(thrice);
    expect(await isRight(thrice)).toBe(429);
    expect(await isRight(once)).toBe(200);
  });

  test('from one address for many accounts: 429 for any, and all open from elsewhere', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const guesser = newAddress();
    const attempt = async (index: number) => {
      const email =
        index % 2 ? `nobody.${index}@example.org` : (await Person.signUp(app.url, 'Bob')).account.email;
      return (await signIn(email, 'password1', guesser)).status;
    };
    expect(await outcomes(20, attempt)).toEqual(refusedAfter(15, 20));
    expect(await isRight(guesser)).toBe(429);
    expect(await isRight(newAddress())).toBe(200);
  });

  test('for an account that does not exist: told as for one that does', async () => {
    const guesser = newAddress();
    const email = 'nobody.at.all@example.org';
    const attempt = async () => (await signIn(email, 'a wrong password', guesser)).status;
    expect(await outcomes(12, attempt)).toEqual(refusedAfter(10, 12));
  });

  test('at once tell no more than one after the other, not even with the right one among them', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const guesser = newAddress();
    const guesses = Array.from({ length: 60 }, () => isWrong(guesser));
    const statuses = await Promise.all([...guesses, isRight(guesser)]);
    expect(tally(statuses)).toEqual({ 401: 10, 429: 51 });

    const sprayer = newAddress();
    const sprayed = Array.from({ length: 60 }, async (_, index) => {
      return (await signIn(`nobody.${index}@example.org`, 'password1', sprayer)).status;
    });
    expect(tally(await Promise.all(sprayed))).toEqual({ 401: 15, 429: 45 });
  });

  test('in other letters or from the same network of IPv6 are no others', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const { email } = ann.account;
    const attempt = async (index: number) => {
      const spelled = index % 2 ? email.toUpperCase() : email;
      return (await signIn(spelled, 'a wrong password', `2001:db8:1:2::${index}`)).status;
    };
    expect(await outcomes(12, attempt)).toEqual(refusedAfter(10, 12));
    expect(await isRight('2001:db8:1:2:ffff::1')).toBe(429);
    expect(await isRight('2001:db8:1:3::1')).toBe(200);
  });

  test('with right ones in between are forgiven', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const hers = newAddress();
    await outcomes(9, () => isWrong(hers));
    expect(await isRight(hers)).toBe(200);
    expect(await isWrong(hers)).toBe(401);
    expect(await isRight(hers)).toBe(200);
  });
});

test('33: who holds a token guesses the password no faster', async () => {
  ann = await Person.signUp(app.url, 'Ann');
  const change = { currentPassword: 'a wrong password', newPassword: 'another password' };
  const attempt = async () => (await ann.put('/api/auth/password', change)).status;
  expect(await outcomes(12, attempt)).toEqual(refusedAfter(10, 12));
  // It is the session that is refused, not the person.
  const elsewhere = await call<{ accessToken: string }>(app.url, 'POST', '/api/auth/login', {
    body: { email: ann.account.email, password: ann.password },
  });
  ann.token = elsewhere.body.accessToken;
  const right = { ...change, currentPassword: ann.password };
  expect((await ann.put('/api/auth/password', right)).status).toBe(204);
});

describe('34: an address that the client makes up', () => {
  test('in front of what the proxy says is not believed', async () => {
    ann = await Person.signUp(app.url, 'Ann');
    const guesser = newAddress();
    expect(await outcomes(12, () => isWrong(`${newAddress()}, ${guesser}`))).toEqual(refusedAfter(10, 12));
    expect(await isRight(guesser)).toBe(429);
    expect(await isRight(newAddress())).toBe(200);
  });

  test('is not believed at all without a proxy', async () => {
    const bare = await startApp({ RATE_LIMITS: 'on' });
    const email = 'nobody@example.org';
    const attempt = async () => (await signIn(email, 'a wrong password', newAddress(), bare)).status;
    expect(await outcomes(12, attempt)).toEqual(refusedAfter(10, 12));
    await bare.stop();
  });
});
