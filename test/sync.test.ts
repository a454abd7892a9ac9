import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { conversationIdOf, friendshipIdOf } from '../src/database/ids.js';
import { MessagesRepository } from '../src/messages/messages.repository.js';
import { OverviewRepository } from '../src/messages/overview.repository.js';
import { ReceiptsRepository } from '../src/messages/receipts.repository.js';
import type { SyncedConversation } from '../src/realtime/wire.js';
import { dataOf, friends, type HttpAnswer, Person } from './support/person.js';
import { type Repeats, Replica, type Synced } from './support/replica.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
});
afterEach(() => {
  jest.restoreAllMocks();
  ann.leaves();
  bob.leaves();
});
afterAll(() => app.stop());

const asks = (me: Person, body: object): Promise<HttpAnswer<Synced>> => me.post('/api/sync', body);
const texts = ({ messages }: SyncedConversation) => messages.map(({ text }) => text);
const each: Repeats[] = ['first tokens', 'latest tokens'];

/** The one conversation that the answer speaks of. */
function only({ conversations, cursor }: Synced): SyncedConversation {
  expect(cursor).toBeNull();
  expect(conversations).toHaveLength(1);
  return conversations[0] as SyncedConversation;
}

async function sync(me: Person, conversations: Record<string, string> = {}, more: object = {}) {
  const { status, body } = await asks(me, { conversations, ...more });
  if (status !== 200) throw new Error(`Not synced: ${JSON.stringify(body)}`);
  return body;
}

async function friendOf(me: Person, name: string): Promise<Person> {
  const friend = await Person.signUp(app.url, name);
  await me.befriends(friend);
  return friend;
}

async function says(me: Person, other: Person, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) await me.says(other, `${index}`);
}

/** Does something each time right before this method of a repository reads on a snapshot. */
function before(repository: { prototype: object }, method: string, work: () => Promise<unknown>): void {
  const { prototype } = repository as { prototype: Record<string, (...args: unknown[]) => Promise<unknown>> };
  const original = prototype[method] as (...args: unknown[]) => Promise<unknown>;
  jest.spyOn(prototype, method).mockImplementation(async function (this: unknown, ...args) {
    if (args.some((argument) => argument instanceof mongo.ClientSession)) await work();
    return original.apply(this, args);
  });
}

describe('A device that was away', () => {
  test('gets everything the first time, and then exactly what it missed', async () => {
    await ann.says(bob, '1');
    const own = await bob.says(ann, '2');
    const first = only(await sync(bob));
    expect(first).toEqual({
      conversationId: own.conversationId,
      otherUserId: ann.id,
      token: expect.any(String),
      messages: (await bob.reads(ann, '?limit=10')).map((message) => message),
      hasOlder: false,
      lastSeq: 2,
      unreadCount: 1,
      read: { mine: 0, theirs: 0 },
      delivered: { mine: 2, theirs: 0 },
      metadata: (await bob.get(`/api/conversations/${ann.id}/metadata`)).body,
    });
    const tokens = { [first.conversationId]: first.token };
    expect(await sync(bob, tokens)).toEqual({ success: true, conversations: [], cursor: null });

    await ann.says(bob, '3');
    await bob.says(ann, '4');
    const second = only(await sync(bob, tokens));
    expect(texts(second)).toEqual(['3', '4']);
    expect(second).toMatchObject({ lastSeq: 4, unreadCount: 2, hasOlder: false, delivered: { mine: 4 } });
    // The older token still stands for what it stood for.
    expect(texts(only(await sync(bob, tokens)))).toEqual(['3', '4']);
    expect((await sync(bob, { [second.conversationId]: second.token })).conversations).toEqual([]);
    // Ids are taken in either case.
    expect((await sync(bob, { [second.conversationId.toUpperCase()]: second.token })).conversations).toEqual(
      [],
    );
  });

  test('over the socket the same, as data of the acknowledgement', async () => {
    await ann.says(bob, 'Hi');
    const device = await bob.connects();
    const answer = dataOf(await device.asks('sync', { conversations: {}, people: '' }));
    expect(texts(only(answer))).toEqual(['Hi']);
    expect(answer).toHaveProperty('success', true);
    expect(answer.people?.friends.map(({ name }) => name)).toEqual(['Ann']);
    const { conversationId, token } = only(answer);
    await ann.says(bob, 'again');
    const next = dataOf(await device.asks('sync', { conversations: { [conversationId]: token } }));
    expect(texts(only(next))).toEqual(['again']);
    expect(await device.asks('sync', { conversations: [] })).toMatchObject({ code: 'validation_failed' });
    expect(await device.asks('sync', { conversations: {}, cursor: 'x' })).toMatchObject({
      code: 'validation_failed',
      errors: [{ field: 'cursor' }],
    });
  });

  test('hears of a receipt, of the unread count and of the metadata, each without a message', async () => {
    await ann.says(bob, 'Hi');
    const anns = new Replica(ann);
    const bobs = new Replica(bob);
    await anns.sync();
    await bobs.sync();
    const changes = [
      () => bob.put(`/api/conversations/${ann.id}/read`, { seq: 1 }),
      () => bob.put(`/api/conversations/${ann.id}/metadata`, { isPinned: true }),
      () => bob.put(`/api/conversations/${ann.id}/metadata`, { customRingtone: 'bell' }),
    ];
    for (const change of changes) {
      await change();
      expect((await sync(bob, bobs.tokens)).conversations).toMatchObject([{ messages: [], hasOlder: false }]);
      expect(await bobs.sync()).toEqual([]);
      await bobs.mustEqualFreshFetch();
    }
    await anns.sync();
    expect([...anns.held.values()][0]?.state).toMatchObject({
      read: { theirs: 1 },
      delivered: { theirs: 1 },
      metadata: { isPinned: false },
    });
    await anns.mustEqualFreshFetch();
  });

  test('finds conversations that began meanwhile, and those with a setting alone', async () => {
    const bobs = new Replica(bob);
    await bobs.sync();
    expect(bobs.held.size).toBe(0);
    const carl = await friendOf(bob, 'Carl');
    await carl.says(bob, 'new');
    await bob.put(`/api/conversations/${ann.id}/metadata`, { isFavorite: true });
    expect((await bobs.sync()).map(({ text }) => text)).toEqual(['new']);
    expect(bobs.held.size).toBe(2);
    await bobs.mustEqualFreshFetch();
  });

  test('a friendship that ended takes no message away', async () => {
    await ann.says(bob, 'Hi');
    await ann.delete(`/api/friends/${bob.id}`);
    expect(texts(only(await sync(bob)))).toEqual(['Hi']);
  });
});

describe('What is given', () => {
  test('counts as delivered where it begins at what was delivered before', async () => {
    await says(ann, bob, 2);
    const device = await ann.connects();
    await sync(bob);
    expect(await device.hears('messageStatus')).toMatchObject({
      status: 'delivered',
      seq: 2,
      userId: bob.id,
    });
    expect((await ann.reads(bob)).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test('does not where something before it was not given', async () => {
    await says(ann, bob, 6);
    const newest = only(await sync(bob, {}, { limit: 2 }));
    expect(newest).toMatchObject({ hasOlder: true, unreadCount: 6, delivered: { mine: 0 } });
    expect(newest.messages.map(({ text, status }) => [text, status])).toEqual([
      ['5', 'sent'],
      ['6', 'sent'],
    ]);
    expect(new Set((await ann.reads(bob)).map(({ status }) => status))).toEqual(new Set(['sent']));
    // What follows is no more contiguous than that, until the device has read what is older.
    await ann.says(bob, '7');
    const tokens = { [newest.conversationId]: newest.token };
    expect(only(await sync(bob, tokens))).toMatchObject({ delivered: { mine: 0 } });
    await bob.reads(ann, '?after=0');
    expect(only(await sync(bob, tokens))).toMatchObject({ delivered: { mine: 7 } });
  });

  test('own messages in between are no hole', async () => {
    await says(ann, bob, 1);
    await sync(bob);
    await says(bob, ann, 3);
    await ann.says(bob, 'last');
    expect(only(await sync(bob, {}, { limit: 2 }))).toMatchObject({ hasOlder: true, delivered: { mine: 5 } });
    expect((await ann.reads(bob)).at(-1)?.status).toBe('delivered');
  });
});

describe('Page by page', () => {
  test.each(each)('everything comes once, repeated with the %s', async (repeats) => {
    const people = await Promise.all(['Carl', 'Dora', 'Emil'].map((name) => friendOf(bob, name)));
    await Promise.all([...people, ann].map((person, index) => says(person, bob, 3 + 4 * index)));
    const known = new Replica(bob, repeats);
    await known.sync();
    await Promise.all([...people, ann].map((person, index) => says(person, bob, 9 - 2 * index)));
    const came = await known.sync(4);
    expect(came).toHaveLength(9 + 7 + 5 + 3);
    expect(new Set(came.map(({ _id }) => _id)).size).toBe(came.length);
    expect(known.calls).toBe(1 + 6);
    await known.mustEqualFreshFetch();

    const fresh = new Replica(bob, repeats);
    await fresh.sync(5);
    expect(fresh.repeated).toBe(0);
    await fresh.mustEqualFreshFetch();
  });

  test('no answer has more messages than its limit', async () => {
    const carl = await friendOf(bob, 'Carl');
    await says(ann, bob, 7);
    await says(carl, bob, 7);
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const answer: Synced = await sync(bob, {}, { limit: 3, ...(cursor !== null && { cursor }) });
      sizes.push(answer.conversations.flatMap(({ messages }) => messages).length);
      ({ cursor } = answer);
    } while (cursor !== null);
    expect(sizes).toEqual([3, 3]);
    // The default.
    await Promise.all(Array.from({ length: 200 }, (_, index) => ann.says(bob, `${index}`)));
    const answer = await sync(bob);
    expect(answer.conversations.flatMap(({ messages }) => messages).length).toBeLessThanOrEqual(200);
    expect(answer.cursor).toBeNull();
  });

  test.each(each)('what happens between the pages comes with a later one, %s', async (repeats) => {
    const carl = await friendOf(bob, 'Carl');
    await says(ann, bob, 6);
    await says(carl, bob, 6);
    const bobs = new Replica(bob, repeats);
    await bobs.sync(3);
    await says(ann, bob, 6);
    await says(carl, bob, 6);
    const happenings = [
      () => ann.says(bob, 'between'),
      () => carl.says(bob, 'between'),
      () => bob.put(`/api/conversations/${ann.id}/read`, { seq: 2 }),
      () => bob.blocks(carl),
      () => carl.says(bob, 'hidden'),
      () => bob.put(`/api/conversations/${carl.id}/metadata`, { isPinned: true }),
    ];
    const came = await bobs.sync(2, async () => happenings.shift()?.());
    expect(happenings).toEqual([]);
    expect(came.map(({ text }) => text)).not.toContain('hidden');
    expect(bobs.repeated).toBe(0);
    await bobs.mustEqualFreshFetch();
  });
});

describe('Many at once', () => {
  test.each(each)('what was had plus the answers is what a fresh fetch gives, %s', async (repeats) => {
    const carl = await friendOf(bob, 'Carl');
    const dora = await friendOf(bob, 'Dora');
    const writers = [ann, carl, dora];
    const bobs = new Replica(bob, repeats);
    const anns = new Replica(ann, repeats);
    const over = new AbortController();
    const storm = writers.map(async (writer, index) => {
      for (let step = 0; step < 60; step += 1) {
        const what = (step * 7 + index * 3) % 11;
        if (what < 5) await writer.posts(bob, `${step}`);
        else if (what === 5) await bob.posts(writer, `${step}`);
        else if (what === 6) await bob.reads(writer);
        else if (what === 7) await bob.blocks(writer);
        else if (what === 8) await bob.unblocks(writer);
        else if (what === 9) await writer.reads(bob);
        else await writer.put(`/api/conversations/${bob.id}/metadata`, { isPinned: step % 2 === 0 });
      }
    });
    const loops = [bobs, anns].map(async (replica) => {
      while (!over.signal.aborted) await replica.sync(7);
    });
    await Promise.all(storm);
    over.abort();
    await Promise.all(loops);
    for (const replica of [bobs, anns]) {
      await replica.sync(7);
      await replica.mustEqualFreshFetch();
      expect(replica.repeated).toBe(0);
    }
  });

  test.each([
    ['the last messages', OverviewRepository, 'findEnds'],
    ['the receipts', ReceiptsRepository, 'find'],
    ['the messages', OverviewRepository, 'findRanges'],
    ['a page', MessagesRepository, 'findPage'],
  ])(
    'what happens right before %s are read is in none or all of the answer',
    async (_, repository, method) => {
      const carl = await friendOf(bob, 'Carl');
      await says(ann, bob, 60);
      const bobs = new Replica(bob);
      await bobs.sync(55);
      let isBusy = false;
      before(repository, method, async () => {
        if (isBusy) return;
        isBusy = true;
        const { seq } = await ann.says(bob, 'between');
        await carl.says(bob, 'between');
        await bob.put(`/api/conversations/${ann.id}/read`, { seq });
        await bob.put(`/api/conversations/${ann.id}/metadata`, { customRingtone: `${Math.random()}` });
        isBusy = false;
      });
      for (let round = 0; round < 3; round += 1) {
        for (const one of (await sync(bob, {}, { limit: 1000 })).conversations) {
          expect(one.messages.at(-1)?.seq).toBe(one.lastSeq);
          expect(one.read.mine).toBeLessThanOrEqual(one.lastSeq);
          expect(one.unreadCount).toBe(one.messages.filter(({ status }) => status !== 'read').length);
        }
        for (const { lastSeq, messages } of (await sync(bob, bobs.tokens, { limit: 2 })).conversations) {
          expect(messages.at(-1)?.seq ?? 0).toBeLessThanOrEqual(lastSeq);
        }
      }
      jest.restoreAllMocks();
      await bobs.sync(3);
      await bobs.mustEqualFreshFetch();
    },
  );
});

describe('Behind a block', () => {
  test('hidden messages never come, not even after unblocking', async () => {
    await ann.says(bob, 'seen');
    const bobs = new Replica(bob);
    const fresh = new Replica(bob);
    await bobs.sync();
    await bob.blocks(ann);
    await says(ann, bob, 3);
    expect(await bobs.sync()).toEqual([]);
    await bobs.mustEqualFreshFetch();
    expect((await sync(bob, bobs.tokens)).conversations).toEqual([]);
    await bob.unblocks(ann);
    await ann.says(bob, 'seen again');
    expect((await bobs.sync()).map(({ text }) => text)).toEqual(['seen again']);
    expect((await fresh.sync(1)).map(({ text }) => text)).toEqual(['seen again']);
    await bobs.mustEqualFreshFetch();
    await fresh.mustEqualFreshFetch();
  });

  test('a run of hidden ones takes no room and makes no hole', async () => {
    await ann.says(bob, 'seen');
    const bobs = new Replica(bob);
    await bobs.sync();
    await bob.blocks(ann);
    await says(ann, bob, 12);
    await bob.unblocks(ann);
    await says(ann, bob, 2);
    const calls = bobs.calls;
    expect(await bobs.sync(3)).toHaveLength(2);
    expect(bobs.calls - calls).toBe(1);
    expect([...bobs.held.values()][0]?.state.delivered.mine).toBe(15);
    await bobs.mustEqualFreshFetch();
  });

  test('the blocked one gets nothing new, whatever the other receives, reads and sets', async () => {
    await ann.says(bob, '1');
    const anns = new Replica(ann);
    await anns.sync();
    await bob.blocks(ann);
    expect((await sync(ann, anns.tokens)).conversations).toEqual([]);
    await sync(bob);
    await bob.reads(ann);
    await bob.put(`/api/conversations/${ann.id}/metadata`, { isPinned: true });
    expect((await sync(ann, anns.tokens)).conversations).toEqual([]);
    await ann.says(bob, '2');
    expect(only(await sync(ann, anns.tokens))).toMatchObject({
      messages: [{ text: '2', status: 'sent' }],
      read: { theirs: 0 },
      delivered: { theirs: 0 },
      metadata: { isBlocked: false },
    });
  });
});

describe('The lists of people', () => {
  test('come when asked for and changed', async () => {
    expect(await sync(ann)).not.toHaveProperty('people');
    const first = (await sync(ann, {}, { people: '' })).people;
    expect(first).toEqual({
      token: expect.any(String),
      friends: (await ann.get<{ friends: unknown[] }>('/api/friends')).body.friends,
      incoming: [],
      outgoing: [],
    });
    expect(await sync(ann, {}, { people: first?.token })).not.toHaveProperty('people');

    const carl = await Person.signUp(app.url, 'Carl');
    await carl.post('/api/friends/requests', { userId: ann.id, note: 'Hello' });
    const { people: second } = await sync(ann, {}, { people: first?.token });
    expect(second).toMatchObject({ incoming: [{ from: { name: 'Carl' }, note: 'Hello' }], outgoing: [] });
    await ann.post(`/api/friends/requests/${second?.incoming[0]?._id}/accept`);
    const { people: third } = await sync(ann, {}, { people: second?.token });
    expect(third?.friends.map(({ name }) => name)).toEqual(['Bob', 'Carl']);
    expect(third?.incoming).toEqual([]);
    expect(await sync(ann, {}, { people: third?.token })).not.toHaveProperty('people');
    // Whoever comes online was missed by a device that was away.
    const device = await bob.connects();
    expect((await sync(ann, {}, { people: third?.token })).people?.friends[0]).toMatchObject({
      isOnline: true,
    });
    device.close();
  });

  test('come once in a round, unless they change in it', async () => {
    const carl = await friendOf(ann, 'Carl');
    await says(bob, ann, 2);
    await says(carl, ann, 2);
    const body = { conversations: {}, people: '', limit: 2 };
    const first = (await asks(ann, body)).body;
    expect(first.people).toBeDefined();
    expect(first.cursor).not.toBeNull();
    expect((await asks(ann, { ...body, cursor: first.cursor })).body).not.toHaveProperty('people');
    await ann.delete(`/api/friends/${carl.id}`);
    const { people } = (await asks(ann, { ...body, cursor: first.cursor })).body;
    expect(people?.friends.map(({ name }) => name)).toEqual(['Bob']);
  });

  test('a token of somebody else, cut or invented, is none', async () => {
    const { people } = await sync(ann, {}, { people: '' });
    const bobs = (await sync(bob, {}, { people: '' })).people;
    for (const token of [bobs?.token, people?.token.slice(1), people?.token.slice(0, -1), 'x']) {
      expect((await sync(ann, {}, { people: token })).people).toEqual(people);
    }
  });

  test('someone who asks behind a block is not in them', async () => {
    await bob.delete(`/api/friends/${ann.id}`);
    await bob.blocks(ann);
    await ann.post('/api/friends/requests', { userId: bob.id });
    expect((await sync(bob, {}, { people: '' })).people).toMatchObject({ incoming: [], outgoing: [] });
    expect((await sync(ann, {}, { people: '' })).people).toMatchObject({
      outgoing: [{ to: { name: 'Bob' } }],
    });
  });
});

describe('Bad input', () => {
  test('a token of somebody else, of another conversation, cut or invented is answered as none', async () => {
    const carl = await friendOf(bob, 'Carl');
    await says(ann, bob, 2);
    await says(carl, bob, 2);
    const anns = new Replica(ann);
    await anns.sync();
    const bobs = new Replica(bob);
    await bobs.sync();
    const id = conversationIdOf(ann.id, bob.id);
    const own = bobs.tokens[id] as string;
    const wrong = [
      anns.tokens[id] as string,
      bobs.tokens[conversationIdOf(carl.id, bob.id)] as string,
      own.slice(1),
      own.slice(0, -1),
      `${own}A`,
      `${own}=`,
      `B${own.slice(1)}`,
      '',
      '$ne',
      'x'.repeat(200),
      '\0',
    ];
    for (const token of wrong) {
      const answer = only(await sync(bob, { ...bobs.tokens, [id]: token }));
      expect([answer.conversationId, texts(answer)]).toEqual([id, ['1', '2']]);
    }
    // Of conversations that are not theirs, or nobody's, nothing is said.
    const foreign = { [conversationIdOf(ann.id, carl.id)]: own, [bob.id]: own };
    expect((await sync(bob, { ...bobs.tokens, ...foreign })).conversations).toEqual([]);
  });

  test('what is no sync is refused', async () => {
    const id = conversationIdOf(ann.id, bob.id);
    const refused: object[] = [
      {},
      { conversations: null },
      { conversations: [] },
      { conversations: 'x' },
      { conversations: { x: 'token' } },
      { conversations: { [id]: 1 } },
      { conversations: { [id]: null } },
      { conversations: { [id]: { $ne: '' } } },
      { conversations: { [id]: 'x'.repeat(201) } },
      { conversations: { $where: 'x' } },
      { conversations: {}, limit: 0 },
      { conversations: {}, limit: 1001 },
      { conversations: {}, limit: 1.5 },
      { conversations: {}, limit: '5' },
      { conversations: {}, limit: null },
      { conversations: {}, people: null },
      { conversations: {}, people: {} },
      { conversations: {}, people: 'x'.repeat(201) },
      { conversations: {}, cursor: '' },
      { conversations: {}, cursor: null },
      { conversations: {}, cursor: 'x' },
      { conversations: {}, cursor: { $gt: '' } },
      { conversations: {}, other: 1 },
    ];
    for (const body of refused) {
      expect([body, await asks(bob, body)]).toMatchObject([
        body,
        { status: 400, body: { success: false, code: 'validation_failed' } },
      ]);
    }
  });

  test('a cursor that is cut, invented or of somebody else is refused', async () => {
    const carl = await friendOf(bob, 'Carl');
    await says(ann, bob, 2);
    await says(carl, bob, 2);
    const { cursor } = await sync(bob, {}, { limit: 2 });
    const own = cursor as string;
    for (const wrong of [own.slice(1), own.slice(0, -1), `${own}A`, `B${own.slice(1)}`, own.slice(0, 16)]) {
      expect((await asks(bob, { conversations: {}, cursor: wrong })).status).toBe(400);
    }
    expect((await asks(ann, { conversations: {}, cursor: own })).status).toBe(400);
    expect((await asks(bob, { conversations: {}, cursor: own })).status).toBe(200);
  });

  test('2,000 conversations may be named, 10,000 not', async () => {
    const named = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [index.toString(16).padStart(24, '0'), 'x'.repeat(60)]),
      );
    expect(await asks(bob, { conversations: named(2000), people: '', limit: 1 })).toMatchObject({
      status: 200,
    });
    for (const count of [2001, 10_000]) {
      expect(await asks(bob, { conversations: named(count) })).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    }
    const device = await bob.connects();
    expect(await device.asks('sync', { conversations: named(10_000) })).toMatchObject({ success: false });
  });
});

describe('Cost', () => {
  test('a thousand conversations and nothing new: a few reads, nothing examined in vain', async () => {
    await fill(bob, 1000);
    const bobs = new Replica(bob);
    await bobs.sync(1000);
    expect(Object.keys(bobs.tokens)).toHaveLength(1000);
    await app.db.command({ profile: 2 });
    const answer = await sync(bob, bobs.tokens, { limit: 1000 });
    await app.db.command({ profile: 0 });
    expect(answer).toMatchObject({ conversations: [], cursor: null });
    const profile = await app.db
      .collection('system.profile')
      .find({ op: { $in: ['query', 'command', 'getmore'] } })
      .toArray();
    await app.db.collection('system.profile').drop();
    const reads = profile.filter(
      ({ ns, command }) => /\.(messages|friendships|receipts|conversation_)/.test(ns) && command,
    );
    expect(reads.length).toBeLessThan(15);
    expect(reads.map(({ planSummary }) => planSummary).join()).toMatch(/DISTINCT_SCAN/);
    expect(reads.map(({ planSummary }) => planSummary).join()).not.toMatch(/COLLSCAN/);
    const sum = (field: string) =>
      reads.reduce((all, read) => all + ((read[field] as number | undefined) ?? 0), 0);
    expect(sum('nreturned')).toBeGreaterThanOrEqual(3000);
    expect(sum('docsExamined')).toBeLessThanOrEqual(1.1 * sum('nreturned'));
  });

  /** Makes friends with so many people, who have said one thing each, behind the service. */
  async function fill(me: Person, count: number): Promise<void> {
    const oid = (hex: string) => mongo.ObjectId.createFromHexString(hex);
    const at = new Date();
    const others = Array.from({ length: count }, () => new mongo.ObjectId());
    await app.db.collection('users').insertMany(
      others.map((_id, index) => ({
        _id,
        email: `${_id.toHexString()}@example.org`,
        name: `${index}`,
        nameKey: `${index}`,
        passwordHash: '',
        photoURL: null,
        lastSeen: null,
        createdAt: at,
      })),
    );
    await app.db.collection('friendships').insertMany(
      others.map((other) => ({
        _id: oid(friendshipIdOf(me.id, other.toHexString())),
        userId: oid(me.id),
        otherUserId: other,
        state: 'friends',
        hidden: false,
      })),
    );
    await app.db.collection('messages').insertMany(
      others.map((other) => ({
        conversationId: oid(conversationIdOf(me.id, other.toHexString())),
        senderId: other,
        recipientId: oid(me.id),
        seq: 1,
        tally: other.toHexString() < me.id ? [1, 0] : [0, 1],
        text: 'x'.repeat(100),
        createdAt: at,
      })),
    );
  }
});
