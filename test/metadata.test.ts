import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConversationMetadata } from '../src/realtime/wire.js';
import { Person } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

describe('what a person sets for a conversation', () => {
  let running: RunningApp;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    running = await startApp();
  });
  afterAll(() => running.stop());
  beforeEach(async () => {
    [ann, bob] = await Promise.all([Person.signUp(running.url, 'Ann'), Person.signUp(running.url, 'Bob')]);
  });

  const path = (other: Person) => `/api/conversations/${other.id}/metadata`;
  const sets = (changes: unknown) => ann.put<ConversationMetadata>(path(bob), changes);
  const stored = () =>
    running.db.collection('conversation_metadata').countDocuments({ userId: { $exists: true } });

  it('has defaults, and reading or changing nothing stores nothing', async () => {
    const before = await stored();
    const read = await ann.get<ConversationMetadata>(path(bob));
    expect(read.status).toBe(200);
    expect(read.body).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      userId: ann.id,
      otherUserId: bob.id,
      isPinned: false,
      isBlocked: false,
      customRingtone: null,
      isFavorite: false,
    });
    const put = await sets({});
    expect(put.status).toBe(200);
    expect(put.body).toEqual(read.body);
    expect(await stored()).toBe(before);
  });

  it('keeps the fields that are left out', async () => {
    const body = { isPinned: true, isBlocked: false, customRingtone: 'ringtone_url', isFavorite: true };
    const all = await sets(body);
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject(body);
    expect((await sets({ isPinned: false })).body).toMatchObject({ ...body, isPinned: false });
    expect((await sets({ customRingtone: null })).body).toEqual({
      ...all.body,
      isPinned: false,
      customRingtone: null,
    });
    expect((await ann.get<ConversationMetadata>(path(bob))).body).toMatchObject({ isFavorite: true });
    expect((await bob.get<ConversationMetadata>(path(ann))).body).toMatchObject({ isFavorite: false });
  });

  it('is told to the devices of its owner only', async () => {
    const [phone, laptop, other] = [await ann.connects(), await ann.connects(), await bob.connects()];
    const { body } = await sets({ isFavorite: true });
    expect(await phone.hears('conversationUpdated')).toEqual(body);
    expect(await laptop.hears('conversationUpdated')).toEqual(body);
    await other.catchesUp();
    expect(other.all('conversationUpdated')).toEqual([]);
    [ann, bob].forEach((person) => person.leaves());
  });

  it('takes its own ids along, in either case, and no others', async () => {
    const { body } = await sets({ isPinned: true });
    const { _id, userId, otherUserId } = body;
    expect((await sets({ ...body, isPinned: false })).body).toEqual({ ...body, isPinned: false });
    expect((await sets({ _id: _id.toUpperCase(), userId, otherUserId })).status).toBe(200);
    for (const field of ['_id', 'userId', 'otherUserId']) {
      const wrong = await sets({ isPinned: true, [field]: '0123456789abcdef01234567' });
      expect(wrong.status).toBe(400);
      expect(wrong.body).toMatchObject({ success: false, code: 'validation_failed', errors: [{ field }] });
    }
  });

  it('refuses what it does not know, and wrong types', async () => {
    const wrong = [
      { isPinned: 'true' },
      { isPinned: null },
      { isBlocked: 1 },
      { isBlocked: { $ne: true } },
      { customRingtone: 5 },
      { customRingtone: 'x'.repeat(2049) },
      { customRingtone: '\ud800' },
      { blockedAt: '2026-01-01T00:00:00.000Z' },
      { looks: null },
    ];
    for (const body of wrong) {
      const answer = await sets(body);
      expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
      expect(answer.body.errors?.[0]?.field).toBe(Object.keys(body)[0]);
    }
    expect((await sets({ customRingtone: 'x'.repeat(2048) })).status).toBe(200);
  });

  it('keeps a text that looks like an operator as it is', async () => {
    for (const text of ['$isPinned', '$$ROOT', '', 'a\0b', '\u{1f514}']) {
      expect((await sets({ customRingtone: text })).body.customRingtone).toBe(text);
      expect((await ann.get<ConversationMetadata>(path(bob))).body.customRingtone).toBe(text);
    }
  });

  it('is only for other people who exist', async () => {
    const self = await ann.put(`/api/conversations/${ann.id}/metadata`, { isPinned: true });
    expect([self.status, self.body.code]).toEqual([400, 'to_oneself']);
    for (const answer of [
      await ann.put('/api/conversations/0123456789abcdef01234567/metadata', { isPinned: true }),
      await ann.get('/api/conversations/0123456789abcdef01234567/metadata'),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    }
    expect((await ann.put('/api/conversations/nobody/metadata', {})).status).toBe(400);
  });

  it('loses nothing when several fields are set at the same time, also the first time', async () => {
    const phone = await ann.connects();
    await Promise.all([
      sets({ isPinned: true }),
      sets({ isFavorite: true }),
      sets({ customRingtone: 'bell' }),
      sets({ isBlocked: true }),
    ]);
    const { body } = await ann.get<ConversationMetadata>(path(bob));
    expect(body).toMatchObject({ isPinned: true, isFavorite: true, customRingtone: 'bell', isBlocked: true });
    await phone.hears('conversationUpdated', (told) => JSON.stringify(told) === JSON.stringify(body));
    expect(phone.all('conversationUpdated').at(-1)).toEqual(body);
    ann.leaves();
  });
});
