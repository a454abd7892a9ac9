import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Person, dataOf, friends } from '../support/person.js';
import { ownDatabase, type RunningApp, startApp } from '../support/running-app.js';

/** Two applications on one database that know nothing of each other: only the unique index keeps them apart. */
let one: RunningApp;
let other: RunningApp;
beforeAll(async () => {
  const settings = { MONGODB_URI: ownDatabase(), JWT_SECRET: 'one secret for both of the applications' };
  one = await startApp(settings);
  other = await startApp(settings);
});
afterAll(async () => {
  await other.close();
  await one.stop();
});

describe('Two writers', () => {
  test('both sides of a conversation storming on two nodes: no gap, no double, each in order', async () => {
    const { ann, bob } = await friends(one.url);
    const phones = [await ann.connects(), await deviceElsewhere(bob)];
    await Promise.all(
      phones.map(async (phone, side) => {
        for (let index = 0; index < 150; index += 1) {
          const recipientId = side === 0 ? bob.id : ann.id;
          const answer = phone.asks('sendMessage', { recipientId, text: `${side}:${index}` });
          // Half of them wait for the answer, half go out in a storm.
          if (index % 20 < 10) dataOf(await answer);
          else answers.push(answer);
        }
      }),
    );
    for (const answer of await Promise.all(answers)) dataOf(answer);

    const stored = [
      ...(await ann.reads(bob, '?after=0&limit=200')),
      ...(await ann.reads(bob, '?after=200&limit=200')),
    ];
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    for (const side of [0, 1]) {
      const own = stored.filter(({ text }) => text.startsWith(`${side}:`)).map(({ text }) => text);
      expect(own).toEqual(Array.from({ length: 150 }, (_, index) => `${side}:${index}`));
    }
    const times = stored.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted());
    ann.leaves();
    for (const phone of phones) phone.close();
  });

  test('twins on two nodes are one message', async () => {
    const { ann, bob } = await friends(one.url);
    const elsewhere = await deviceElsewhere(ann);
    const body = { recipientId: bob.id, text: 'Twin', clientMessageId: 'twin' };
    const sent = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        index % 2 === 0 ? ann.says(bob, 'Twin', 'twin') : dataOf(await elsewhere.asks('sendMessage', body)),
      ),
    );
    expect(new Set(sent.map(({ _id }) => _id)).size).toBe(1);
    expect((await bob.reads(ann)).map(({ _id }) => _id)).toEqual([sent[0]?._id]);
    elsewhere.close();
  });

  test('a session that ends on one node ends on the other within two seconds', async () => {
    const ann = await Person.signUp(one.url, 'Ann');
    const elsewhere = await deviceElsewhere(ann);
    await ann.post('/api/auth/logout');
    expect(await elsewhere.isDisconnected()).toBe('io server disconnect');
  });
});

const answers: Promise<Awaited<ReturnType<Awaited<ReturnType<typeof deviceElsewhere>>['asks']>>>[] = [];

/** A device of this person that is connected to the other node. */
async function deviceElsewhere(person: Person) {
  const { Device } = await import('../support/device.js');
  const device = Device.open(other.url, { auth: { token: person.token } });
  await device.hears('ready');
  return device;
}
