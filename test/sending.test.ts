import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Message } from '../src/realtime/wire.js';
import { Person, dataOf, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';
import { message, UnreliableBus } from './support/unreliable-bus.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const NOBODY = 'f'.repeat(24);

describe('Sending', () => {
  test('Ann sends by HTTP, Bob hears it live and finds it in the history', async () => {
    const { ann, bob } = await friends(app.url);
    const device = await bob.connects();

    const { status, body } = await ann.post<Message>('/api/messages/send', {
      recipientId: bob.id,
      text: 'Hello there!',
      attachment: { type: 'image', url: 'https://example.com/image.jpg' },
    });

    expect(status).toBe(201);
    expect(body).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      conversationId: expect.stringMatching(/^[0-9a-f]{24}$/),
      senderId: ann.id,
      recipientId: bob.id,
      text: 'Hello there!',
      attachment: { type: 'image', url: 'https://example.com/image.jpg' },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      status: 'sent',
      seq: 1,
    });
    expect(await device.hears('receiveMessage')).toEqual(body);
    expect(await bob.reads(ann)).toEqual([{ ...body, status: 'read' }]);
    expect(await ann.reads(bob)).toEqual([{ ...body, status: 'read' }]);
    bob.leaves();
  });

  test('Ann sends over the socket: the acknowledgement is the message, her other devices are told', async () => {
    const { ann, bob } = await friends(app.url);
    const [phone, laptop, bobs] = await Promise.all([ann.connects(), ann.connects(), bob.connects()]);

    const message = dataOf(
      await phone.asks('sendMessage', { recipientId: bob.id, text: 'Hi', clientMessageId: 'a-1' }),
    );

    expect(message).toMatchObject({
      senderId: ann.id,
      recipientId: bob.id,
      text: 'Hi',
      seq: 1,
      clientMessageId: 'a-1',
    });
    expect(await laptop.hears('messageSent')).toEqual(message);
    expect(await bobs.hears('receiveMessage')).toEqual(message);
    await phone.catchesUp();
    expect(phone.all('messageSent')).toEqual([]);
    expect(phone.all('receiveMessage')).toEqual([]);
    ann.leaves();
    bob.leaves();
  });

  test('sent by HTTP, all devices of the sender are told', async () => {
    const { ann, bob } = await friends(app.url);
    const phone = await ann.connects();
    const message = await ann.says(bob, 'From the browser');
    expect(await phone.hears('messageSent')).toEqual(message);
    ann.leaves();
  });

  test('10,000 characters are taken, however many bytes they have, and not one more', async () => {
    const { ann, bob } = await friends(app.url);
    expect((await ann.posts(bob, '\u{1F600}'.repeat(10_000))).status).toBe(201);
    expect((await ann.posts(bob, 'x'.repeat(10_000))).status).toBe(201);
    expect((await ann.posts(bob, 'x'.repeat(10_001))).status).toBe(400);
    expect((await ann.posts(bob, '\uFE0F'.repeat(10_001))).status).toBe(400);
  });

  test('`attachment: null` means none, and the text may be missing with one', async () => {
    const { ann, bob } = await friends(app.url);
    const attachment = { type: 'file', url: 'http://example.org/a.pdf' };
    const without = await ann.post<Message>('/api/messages/send', {
      recipientId: bob.id,
      text: 'x',
      attachment: null,
    });
    const alone = await ann.post<Message>('/api/messages/send', { recipientId: bob.id, attachment });
    expect(without.body).not.toHaveProperty('attachment');
    expect(alone).toMatchObject({ status: 201, body: { text: '', attachment } });
  });
});

describe('Refusals, the same over both transports', () => {
  type Case = [
    name: string,
    body: (bob: Person, ann: Person) => object,
    status: number,
    code: string,
    field?: string,
  ];
  const url = (address: unknown) => ({ text: 'x', attachment: { type: 'image', url: address } });
  const cases: Case[] = [
    ['nothing to say', (bob) => ({ recipientId: bob.id, text: '' }), 400, 'validation_failed', 'text'],
    ['no text', (bob) => ({ recipientId: bob.id }), 400, 'validation_failed', 'text'],
    ['text that is no text', (bob) => ({ recipientId: bob.id, text: 5 }), 400, 'validation_failed', 'text'],
    ['text: null', (bob) => ({ recipientId: bob.id, text: null }), 400, 'validation_failed', 'text'],
    [
      'a lone surrogate',
      (bob) => ({ recipientId: bob.id, text: 'x\ud800' }),
      400,
      'validation_failed',
      'text',
    ],
    ['no recipient', () => ({ text: 'x' }), 400, 'validation_failed', 'recipientId'],
    ['a short id', () => ({ recipientId: 'abc', text: 'x' }), 400, 'validation_failed', 'recipientId'],
    [
      'an unknown field',
      (bob) => ({ recipientId: bob.id, text: 'x', seq: 9 }),
      400,
      'validation_failed',
      'seq',
    ],
    [
      'a link that is too long',
      (bob) => ({ recipientId: bob.id, ...url(`https://a.example/${'x'.repeat(2048)}`) }),
      400,
      'validation_failed',
      'attachment.url',
    ],
    [
      'an unknown attachment type',
      (bob) => ({ recipientId: bob.id, text: 'x', attachment: { type: 'audio', url: 'https://a.example' } }),
      400,
      'validation_failed',
      'attachment.type',
    ],
    [
      'an unknown attachment field',
      (bob) => ({
        recipientId: bob.id,
        text: 'x',
        attachment: { type: 'image', url: 'https://a.example', size: 1 },
      }),
      400,
      'validation_failed',
      'attachment.size',
    ],
    [
      'an attachment that is a list',
      (bob) => ({ recipientId: bob.id, text: 'x', attachment: [] }),
      400,
      'validation_failed',
      'attachment',
    ],
    [
      'a bad clientMessageId',
      (bob) => ({ recipientId: bob.id, text: 'x', clientMessageId: 'a b' }),
      400,
      'validation_failed',
      'clientMessageId',
    ],
    [
      'a long clientMessageId',
      (bob) => ({ recipientId: bob.id, text: 'x', clientMessageId: 'a'.repeat(65) }),
      400,
      'validation_failed',
      'clientMessageId',
    ],
    ['to oneself', (_, ann) => ({ recipientId: ann.id, text: 'x' }), 400, 'to_oneself'],
    ['to nobody', () => ({ recipientId: NOBODY, text: 'x' }), 404, 'not_found'],
  ];

  test.each(cases.map(([name, ...rest]) => [name, rest] as const))('%s', async (_, refused) => {
    const [body, status, code, field] = refused;
    const { ann, bob } = await friends(app.url);
    const device = await ann.connects();
    const http = await ann.post('/api/messages/send', body(bob, ann));
    const socket = await device.asks('sendMessage', body(bob, ann));

    expect(http.status).toBe(status);
    const message: unknown = expect.any(String);
    const refusal = { success: false, code, message };
    const errors = field ? { errors: [{ field, message }] } : {};
    expect(http.body).toEqual({ ...refusal, ...errors });
    expect(socket).toEqual(http.body);
    expect(await ann.reads(bob)).toEqual([]);
    ann.leaves();
  });

  test('to a stranger: not_friends; after the end of the friendship too, and the history stays', async () => {
    const { ann, bob } = await friends(app.url);
    const carl = await Person.signUp(app.url, 'Carl');
    expect(await ann.posts(carl, 'Hello')).toMatchObject({ status: 403, body: { code: 'not_friends' } });

    const message = await ann.says(bob, 'While we were friends');
    await bob.delete(`/api/friends/${ann.id}`);
    expect(await ann.posts(bob, 'And now')).toMatchObject({ status: 403, body: { code: 'not_friends' } });
    expect(await ann.reads(bob)).toEqual([message]);
  });
});

describe('Across a block', () => {
  test('what Ann sends while Bob blocks her looks sent to her, and Bob never sees it', async () => {
    const { ann, bob } = await friends(app.url);
    const [annsOther, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const before = await ann.says(bob, 'before');
    await bob.blocks(ann);
    const hidden = await ann.posts(bob, 'behind the block', 'k1');
    const replayed = await ann.posts(bob, 'behind the block', 'k1');
    await bob.unblocks(ann);
    const after = await ann.says(bob, 'after');

    expect(hidden).toMatchObject({ status: 201, body: { status: 'sent', seq: 2 } });
    expect(replayed).toMatchObject({ status: 200, body: hidden.body });
    expect(await annsOther.hears('messageSent', ({ seq }) => seq === 2)).toEqual(hidden.body);
    expect(await ann.reads(bob)).toMatchObject([{ _id: before._id }, hidden.body, { _id: after._id }]);
    expect((await bob.reads(ann)).map(({ _id }) => _id)).toEqual([before._id, after._id]);
    expect(await bobs.hears('receiveMessage', ({ seq }) => seq === 3)).toEqual(after);
    expect(bobs.all('receiveMessage').map(({ seq }) => seq)).toEqual([1, 3]);
    ann.leaves();
    bob.leaves();
  });

  test('who blocks cannot send', async () => {
    const { ann, bob } = await friends(app.url);
    await bob.blocks(ann);
    expect(await bob.posts(ann, 'Hello')).toMatchObject({ status: 403, body: { code: 'recipient_blocked' } });
  });

  test('a repeat of an earlier message does not reach through a block', async () => {
    const { ann, bob } = await friends(app.url);
    const first = await ann.says(bob, 'before', 'k');
    await bob.blocks(ann);
    const bobs = await bob.connectsWithoutReplay();
    expect(await ann.posts(bob, 'before', 'k')).toMatchObject({ status: 200, body: first });
    await bobs.catchesUp();
    expect(bobs.all('receiveMessage')).toEqual([]);
    bob.leaves();
  });
});

describe('Exactly once', () => {
  test('the same clientMessageId again gives the stored message, over either transport, whatever changed', async () => {
    const { ann, bob } = await friends(app.url);
    const device = await ann.connects();
    const first = await ann.says(bob, 'Once', 'key-1');

    expect(await ann.posts(bob, 'Once', 'key-1')).toMatchObject({ status: 200, body: first });
    const again = { recipientId: bob.id, text: 'Once', clientMessageId: 'key-1' };
    expect(dataOf(await device.asks('sendMessage', again))).toEqual(first);
    await bob.delete(`/api/friends/${ann.id}`);
    expect(await ann.posts(bob, 'Once', 'key-1')).toMatchObject({ status: 200, body: first });
    expect(await ann.reads(bob)).toEqual([first]);
    ann.leaves();
  });

  test('with other content it is refused, after unfriending too', async () => {
    const { ann, bob } = await friends(app.url);
    await ann.says(bob, 'Once', 'key-1');
    const other = { status: 409, body: { code: 'client_message_id_reused' } };
    expect(await ann.posts(bob, 'Twice', 'key-1')).toMatchObject(other);
    expect(
      await ann.post('/api/messages/send', {
        recipientId: bob.id,
        text: 'Once',
        clientMessageId: 'key-1',
        attachment: { type: 'file', url: 'https://a.example' },
      }),
    ).toMatchObject(other);
    await bob.delete(`/api/friends/${ann.id}`);
    expect(await ann.posts(bob, 'Twice', 'key-1')).toMatchObject(other);
  });

  test('the key is the sender’s and the conversation’s own', async () => {
    const { ann, bob } = await friends(app.url);
    const carl = await Person.signUp(app.url, 'Carl');
    await ann.befriends(carl);
    const sent = await Promise.all([
      ann.says(bob, 'a', 'k'),
      bob.says(ann, 'b', 'k'),
      ann.says(carl, 'c', 'k'),
    ]);
    expect(new Set(sent.map(({ _id }) => _id)).size).toBe(3);
  });

  test('a key that looks like the name of an index is a key like any other', async () => {
    const { ann, bob } = await friends(app.url);
    const key = 'conversationId_1_seq_1';
    const first = await ann.says(bob, 'dup key: { _id: 1 }', key);
    expect(await ann.posts(bob, 'dup key: { _id: 1 }', key)).toMatchObject({ status: 200, body: first });
    expect(await ann.posts(bob, 'other', key)).toMatchObject({ status: 409 });
  });

  test('a repeat reaches a connection that was never given the message, once', async () => {
    const { ann, bob } = await friends(app.url);
    const device = await bob.connects();
    const bus = UnreliableBus.of(app);
    bus.loses(message('receiveMessage', 1));
    const first = await ann.says(bob, '1', 'k1');
    bus.restore();
    await ann.says(bob, '1', 'k1');
    await ann.says(bob, '1', 'k1');
    await device.catchesUp();
    expect(device.all('receiveMessage')).toEqual([first]);
    bob.leaves();
  });

  test('50 twins in flight over both transports are one message', async () => {
    const { ann, bob } = await friends(app.url);
    const [phone, laptop, bobs] = await Promise.all([ann.connects(), ann.connects(), bob.connects()]);
    const body = { recipientId: bob.id, text: 'Twin', clientMessageId: 'twin' };

    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        if (index % 3 === 0)
          return ann.post<Message>('/api/messages/send', body).then((answer) => answer.body);
        return dataOf(await (index % 3 === 1 ? phone : laptop).asks('sendMessage', body));
      }),
    );

    expect(new Set(answers.map(({ _id }) => _id)).size).toBe(1);
    expect((await ann.reads(bob)).map(({ _id }) => _id)).toEqual([answers[0]?._id]);
    await bobs.hears('receiveMessage');
    await bobs.catchesUp();
    expect(bobs.all('receiveMessage')).toHaveLength(1);
    ann.leaves();
    bob.leaves();
  });
});

describe('In order', () => {
  test('what one socket sends without waiting is stored in that order, acknowledged or not', async () => {
    const { ann, bob } = await friends(app.url);
    const [phone, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const numbers = Array.from({ length: 60 }, (_, index) => String(index));
    const acknowledged = numbers.map((text, index) => {
      // One with an attachment takes longer to validate, so the next one would overtake it.
      const attachment = index % 3 === 0 ? { type: 'file', url: 'https://example.org/a.pdf' } : null;
      const message = { recipientId: bob.id, text, attachment };
      if (index % 2 === 0) return phone.asks('sendMessage', message);
      phone.emits('sendMessage', message);
      return undefined;
    });
    await Promise.all(acknowledged.filter((answer) => answer !== undefined));
    await bobs.hears('receiveMessage', ({ text }) => text === '59');

    expect((await ann.reads(bob, '?limit=100')).map(({ text }) => text)).toEqual(numbers);
    expect(bobs.all('receiveMessage').map(({ text }) => text)).toEqual(numbers);
    ann.leaves();
    bob.leaves();
  });

  test('a refused message in the middle leaves the others in order and no gap', async () => {
    const { ann, bob } = await friends(app.url);
    const phone = await ann.connects();
    const texts = ['0', '1', '', '3', '4'];
    const answers = await Promise.all(
      texts.map((text) => phone.asks('sendMessage', { recipientId: bob.id, text })),
    );
    expect(answers.map(({ success }) => success)).toEqual([true, true, false, true, true]);
    expect((await ann.reads(bob)).map(({ text, seq }) => [text, seq])).toEqual([
      ['0', 1],
      ['1', 2],
      ['3', 3],
      ['4', 4],
    ]);
    ann.leaves();
  });

  test('8 senders in one conversation from both sides: 2,000 messages, 1..2000, each sender in order', async () => {
    const { ann, bob } = await friends(app.url);
    const senders = await Promise.all([
      ...Array.from({ length: 4 }, () => ann.connects()),
      ...Array.from({ length: 4 }, () => bob.connects()),
    ]);
    await Promise.all(
      senders.map((device, sender) =>
        Promise.all(
          Array.from({ length: 250 }, async (_, index) => {
            const recipientId = sender < 4 ? bob.id : ann.id;
            dataOf(await device.asks('sendMessage', { recipientId, text: `${sender}:${index}` }));
          }),
        ),
      ),
    );

    const stored: Message[] = [];
    for (let after = 0; after < 2000; after += 200)
      stored.push(...(await ann.reads(bob, `?after=${after}&limit=200`)));
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    for (let sender = 0; sender < 8; sender += 1) {
      const own = stored.filter(({ text }) => text.startsWith(`${sender}:`)).map(({ text }) => text);
      expect(own).toEqual(Array.from({ length: 250 }, (_, index) => `${sender}:${index}`));
    }
    const times = stored.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted());
    // Every device heard each message of the others once, in order.
    for (const [index, device] of senders.entries()) {
      const other = index < 4 ? '[4-7]:' : '[0-3]:';
      const heard = device.all('receiveMessage').map(({ seq }) => seq);
      expect(heard).toEqual(
        stored.filter(({ text }) => new RegExp(`^${other}`).test(text)).map(({ seq }) => seq),
      );
    }
    ann.leaves();
    bob.leaves();
  });
});
