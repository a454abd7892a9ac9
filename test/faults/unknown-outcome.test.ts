import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { conversationIdOf, newId } from '../../src/database/ids.js';
import type { StoredMessage } from '../../src/messages/message.js';
import { MessagesRepository } from '../../src/messages/messages.repository.js';
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

const MESSAGES = 'faulty.messages';

function repository(): MessagesRepository {
  return app.app.get(MessagesRepository, { strict: false });
}

function draft() {
  return {
    _id: newId(),
    conversationId: conversationIdOf(ann.id, bob.id),
    senderId: ann.id,
    recipientId: bob.id,
    text: 'draft',
  };
}

/** The batch is as large as it gets: many sends at once, each with its key. */
function storm(size: number) {
  return Promise.all(Array.from({ length: size }, (_, index) => ann.posts(bob, `${index}`, `key-${index}`)));
}

/** Every answered message is stored once, under the number that was answered, and no number is missing. */
async function expectStoredAsAnswered(answers: Message[]): Promise<void> {
  const history = await bob.reads(ann, '?limit=200');
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  const bySeq = (one: Message, other: Message) => one.seq - other.seq;
  const asStored = (message: Message) => ({ ...message, status: 'any' });
  expect(history.map(asStored)).toEqual(answers.toSorted(bySeq).map(asStored));
}

describe('When the outcome of a write is not known', () => {
  test('what was stored before the answer was lost is answered with its own number, once', async () => {
    const first = await ann.says(bob, 'first');
    // The write happens, but its write concern fails, as when the node shuts down meanwhile.
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    const failure = await mongod.fail(['insert'], 1, { writeConcernError });
    const answers = await storm(30);
    await failure.hasHit(1);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await expectStoredAsAnswered([first, ...answers.map(({ body }) => body)]);
  });

  test('a prefix does not count when a failed write concern hides behind the refusal of a message', async () => {
    const { _id } = await ann.says(bob, 'first');
    const [stored] = await repository().findStored([{ ...draft(), _id }]);
    const next: StoredMessage = { ...draft(), seq: 2, tally: [1, 1], createdAt: new Date() };
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    await mongod.fail(['insert'], 1, { writeConcernError });
    expect(await repository().insert([next, stored as StoredMessage])).toMatchObject({ kind: 'unknown' });
    expect(await repository().insert([{ ...next, seq: 3, _id: newId() }, next])).toMatchObject({
      kind: 'refused',
      landed: 1,
      isDuplicate: true,
    });
  });

  test('what was not stored is stored, once, and live too', async () => {
    const device = await bob.connects();
    // Twice, since the driver tries once more by itself.
    const failure = await mongod.fail(['insert'], 2, { closeConnection: true });
    const answers = await storm(30);
    await failure.hasHit(2);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    await expectStoredAsAnswered(answers.map(({ body }) => body));
    await device.hears('receiveMessage', ({ seq }) => seq === 30);
    expect(device.all('receiveMessage').map(({ seq }) => seq)).toEqual(answers.map((_, index) => index + 1));
  });

  test('a store that does not answer either is asked again', async () => {
    await ann.says(bob, 'so that the last number is known');
    const failure = await mongod.fail(['insert', 'find'], 6, { closeConnection: true, namespace: MESSAGES });
    const answer = await ann.posts(bob, 'second');
    await failure.hasHit(6);
    expect(answer).toMatchObject({ status: 201, body: { seq: 2 } });
  });

  test('a block that is answered while a write fails counts for what is tried again', async () => {
    const failure = await mongod.fail(['insert'], 1000, { closeConnection: true, namespace: MESSAGES });
    const sending = ann.posts(bob, 'too late');
    await failure.hasHit(2);
    await bob.blocks(ann);
    // Two failures make a try; the third one from here belongs to a try that began after the block.
    await failure.hasHit(2 + 3);
    await mongod.heal();
    expect((await sending).status).toBe(201);
    expect(await bob.reads(ann)).toEqual([]);
    expect(await ann.reads(bob)).toHaveLength(1);
  });

  test('so does the end of the friendship', async () => {
    const failure = await mongod.fail(['insert'], 1000, { closeConnection: true, namespace: MESSAGES });
    const sending = ann.posts(bob, 'too late');
    await failure.hasHit(2);
    expect(await bob.delete(`/api/friends/${ann.id}`)).toMatchObject({ status: 204 });
    expect(await sending).toMatchObject({ status: 403, body: { code: 'not_friends' } });
    await mongod.heal();
    expect(await ann.reads(bob)).toEqual([]);
  });
});

describe('When the database hangs', () => {
  test('after 15 s the outcome is unknown, and the same key settles it', async () => {
    const device = await ann.connects();
    await mongod.fail(['insert'], 1, {
      blockConnection: true,
      blockTimeMS: 17_000,
      namespace: MESSAGES,
    });
    const body = { recipientId: bob.id, text: 'Did it?', clientMessageId: 'key' };
    expect(await device.asks('sendMessage', body)).toMatchObject({ success: false, code: 'outcome_unknown' });

    const settled = await ann.posts(bob, 'Did it?', 'key');
    expect(settled).toMatchObject({ status: 200, body: { seq: 1 } });
    // The socket was told that nobody knows, so it hears of the message when it is stored after all.
    expect(await device.hears('messageSent')).toEqual(settled.body);
    expect(await bob.reads(ann)).toMatchObject([{ _id: settled.body._id, seq: 1 }]);
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

describe('When the last number cannot be read in time', () => {
  test('a message that was told not to be stored is not stored later', async () => {
    const failure = await mongod.fail(['aggregate'], 1, {
      blockConnection: true,
      blockTimeMS: 16_500,
      namespace: MESSAGES,
    });
    const sending = ann.posts(bob, 'too late');
    await failure.hasHit(1);
    expect(await sending).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    // Goes through the same writer, behind the one that gave up.
    expect(await ann.posts(bob, 'in time')).toMatchObject({ status: 201, body: { seq: 1 } });
    expect((await bob.reads(ann)).map(({ text }) => text)).toEqual(['in time']);
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
