import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Message } from '../../src/realtime/wire.js';
import { type FaultyMongod, startFaultyMongod } from '../support/faulty-mongod.js';
import { type Person, friends } from '../support/person.js';
import { type RunningApp, startApp } from '../support/running-app.js';

let mongod: FaultyMongod;
let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  mongod = await startFaultyMongod();
  app = await startApp({ MONGODB_URI: mongod.uri });
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
});
afterEach(() => {
  ann.leaves();
  bob.leaves();
});
afterAll(async () => {
  await app.stop();
  await mongod.stop();
});

/** The batch is as large as it gets: many sends at once, each with its key. */
function storm(size: number) {
  return Promise.all(Array.from({ length: size }, (_, index) => ann.posts(bob, `${index}`, `key-${index}`)));
}

/** Every answered message is stored once, under the number that was answered, and no number is missing. */
async function expectStoredAsAnswered(answers: Message[]): Promise<void> {
  const history = await bob.reads(ann, '?limit=200');
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  const bySeq = (one: Message, other: Message) => one.seq - other.seq;
  expect(history).toEqual(answers.toSorted(bySeq));
}

describe('When the outcome of a write is not known', () => {
  test('what was stored before the answer was lost is answered with its own number, once', async () => {
    await ann.says(bob, 'first');
    // The write happens, but the write concern fails: a shutdown, a network partition.
    await mongod.fail(['insert'], 1, {
      writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
    });
    const answers = await storm(30);
    expect(await mongod.failed()).toBe(1);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await expectStoredAsAnswered([
      ...(await bob.reads(ann, '?limit=1&before=2')),
      ...answers.map(({ body }) => body),
    ]);
  });

  test('what was not stored is stored, once, and live too', async () => {
    const device = await bob.connects();
    // Twice, since the driver tries once more by itself.
    await mongod.fail(['insert'], 2, { closeConnection: true });
    const answers = await storm(30);
    expect(await mongod.failed()).toBe(2);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await expectStoredAsAnswered(answers.map(({ body }) => body));
    await device.hears('receiveMessage', ({ seq }) => seq === 30);
    expect(device.all('receiveMessage').map(({ seq }) => seq)).toEqual(answers.map((_, index) => index + 1));
  });

  test('the store is asked again for as long as it does not answer', async () => {
    await mongod.fail(['insert'], 1, { writeConcernError: { code: 64, errmsg: 'timed out' } });
    const sending = storm(10);
    const answers = await sending;
    await mongod.fail(['insert', 'find'], 3, { closeConnection: true });
    const later = await storm(10);
    await mongod.heal();
    expect([...answers, ...later].map(({ body }) => body._id)).toEqual(
      [...answers, ...answers].map(({ body }) => body._id),
    );
  });

  test('a block that is answered while a write fails counts for what is tried again', async () => {
    // Each failed insert is followed by a new look at the relations; the block lands in between.
    await mongod.fail(['insert'], 40, { closeConnection: true, namespace: 'faulty.messages' });
    const sending = ann.posts(bob, 'too late');
    await bob.blocks(ann);
    await mongod.heal();
    expect((await sending).status).toBe(201);
    expect(await bob.reads(ann)).toEqual([]);
    expect(await ann.reads(bob)).toHaveLength(1);
  });
});

describe('When the database hangs', () => {
  test('after 15 s the outcome is unknown, and the same key settles it', async () => {
    const device = await ann.connects();
    await mongod.fail(['insert'], 1, {
      blockConnection: true,
      blockTimeMS: 17_000,
      namespace: 'faulty.messages',
    });
    const body = { recipientId: bob.id, text: 'Did it?', clientMessageId: 'key' };
    expect(await device.asks('sendMessage', body)).toMatchObject({ success: false, code: 'outcome_unknown' });

    const settled = await ann.posts(bob, 'Did it?', 'key');
    expect(settled).toMatchObject({ status: 200, body: { seq: 1 } });
    // The socket was told that nobody knows, so it hears of the message when it is stored after all.
    expect(await device.hears('messageSent')).toEqual(settled.body);
    expect(await bob.reads(ann)).toEqual([settled.body]);
  });

  test('where nothing was written it says so', async () => {
    await mongod.fail(['find'], 1, {
      blockConnection: true,
      blockTimeMS: 16_000,
      namespace: 'faulty.friendships',
    });
    expect(await ann.posts(bob, 'Lost?', 'key')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect(await ann.posts(bob, 'Lost?', 'key')).toMatchObject({ status: 201, body: { seq: 1 } });
  });
});

describe('When one message is refused by the store', () => {
  test('it fails alone', async () => {
    await app.db.command({ collMod: 'messages', validator: { text: { $ne: 'poison' } } });
    const texts = ['0', '1', 'poison', '3', '4'];
    const answers = await Promise.all(texts.map((text) => ann.posts(bob, text)));
    await app.db.command({ collMod: 'messages', validator: {} });

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 500, 201, 201]);
    expect(answers[2]?.body).toEqual({ success: false, code: 'internal', message: expect.any(String) });
    await expectStoredAsAnswered(answers.filter(({ status }) => status === 201).map(({ body }) => body));
  });
});
