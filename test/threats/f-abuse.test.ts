import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/database/ids.js';
import type { Answer } from '../support/device.js';
import { makeWindowsLong } from '../support/limits.js';
import { type HttpAnswer, Person } from '../support/person.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';

/** Row 84 of the threats: a machine that writes to everybody, asks everybody, or copies the list of people. */

let app: RunningApp;
let spammer: Person;
let bob: Person;
beforeAll(async () => {
  makeWindowsLong();
  app = await startApp({ RATE_LIMITS: 'on' });
});
afterAll(() => app.stop());

async function newPeople(): Promise<void> {
  [spammer, bob] = await Promise.all([Person.signUp(app.url, 'Spammer'), Person.signUp(app.url, 'Bob')]);
}

/** How often each code was answered, `undefined` for success. */
function tally(codes: (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[String(code)] = (counts[String(code)] ?? 0) + 1;
  return counts;
}

const codeOf = ({ body }: HttpAnswer) => body.code;

describe('84: within a minute', () => {
  test('500 messages to strangers, over both transports, reach nobody and are limited', async () => {
    await newPeople();
    const phone = await spammer.connects();
    const before = await stored(app.db);
    const answers: (string | undefined)[] = [];
    for (let index = 0; index < 500; index += 1) {
      const to = index % 10 ? newId() : bob.id;
      const message = { recipientId: to, text: 'Buy!' };
      if (index % 2) answers.push(codeOf(await spammer.post('/api/messages/send', message)));
      else
        answers.push(((await phone.raw('sendMessage', message)) as Answer<never> & { code?: string }).code);
    }
    expect(tally(answers)).toEqual({ not_found: 360, not_friends: 40, rate_limited: 100 });
    expect(new Set(answers.slice(-100))).toEqual(new Set(['rate_limited']));
    expect(await stored(app.db)).toBe(before);
    spammer.leaves();
  });

  test('500 requests for friendship are 60', async () => {
    await newPeople();
    await spammer.post('/api/friends/requests', { userId: bob.id });
    const answers: (string | undefined)[] = [];
    for (let index = 1; index < 100; index += 1) {
      answers.push(codeOf(await spammer.post('/api/friends/requests', { userId: newId() })));
    }
    expect(tally(answers)).toEqual({ not_found: 59, rate_limited: 40 });
    // Others are not concerned, and what is no request of one's own goes on.
    expect((await bob.get<{ incoming: unknown[] }>('/api/friends/requests')).body.incoming).toHaveLength(1);
    expect((await spammer.get('/api/friends')).status).toBe(200);
    expect((await bob.post('/api/friends/requests', { userId: spammer.id })).status).toBe(200);
  });

  test('a walk through all beginnings of names ends soon, and no page is longer than 20', async () => {
    await newPeople();
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const prefixes = letters.flatMap((one) => letters.map((two) => one + two)).slice(0, 200);
    const answers: HttpAnswer[] = [];
    for (const prefix of prefixes) answers.push(await spammer.get(`/api/users?query=${prefix}`));
    expect(tally(answers.map(codeOf))).toEqual({ undefined: 150, rate_limited: 50 });
    const [refused] = answers.slice(-1);
    expect(refused).toMatchObject({ status: 429, body: { success: false, message: expect.any(String) } });
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await bob.get('/api/users?query=sp')).status).toBe(200);
    expect((await bob.get('/api/users?query=sp&limit=21')).body.code).toBe('validation_failed');
  });
});
