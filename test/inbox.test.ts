import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OverviewRepository } from '../src/messages/overview.repository.js';
import type { Conversation, Message } from '../src/realtime/wire.js';
import { type Person, friends, Person as Somebody } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

interface Page {
  conversations: Conversation[];
  nextCursor: string | null;
}

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

const list = async (me: Person, query = '') => (await me.get<Page>(`/api/conversations${query}`)).body;
const names = ({ conversations }: Page) => conversations.map(({ otherUser }) => otherUser.name);

async function entry(me: Person, other: Person): Promise<Conversation | undefined> {
  return (await list(me)).conversations.find(({ otherUser }) => otherUser._id === other.id);
}

/** Somebody new whom this person is friends with. */
async function friendOf(me: Person, name: string): Promise<Person> {
  const friend = await Somebody.signUp(app.url, name);
  await me.befriends(friend);
  return friend;
}

/** All pages one after the other. */
async function pages(me: Person, limit: number): Promise<Page[]> {
  const all: Page[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page = await list(me, `?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    all.push(page);
    cursor = page.nextCursor;
  }
  return all;
}

describe('The list', () => {
  test('tells everything of a conversation', async () => {
    const device = await bob.connects();
    await ann.says(bob, 'Hi');
    await bob.says(ann, 'Hello');
    const last = await bob.says(ann, 'How are you?');
    await device.hears('receiveMessage');
    await ann.put(`/api/conversations/${bob.id}/read`, { seq: 2 });
    const [seen] = (await list(ann)).conversations;
    expect(seen).toEqual({
      conversationId: last.conversationId,
      otherUser: {
        _id: bob.id,
        name: 'Bob',
        photoURL: null,
        isOnline: true,
        lastSeen: expect.stringMatching(/Z$/),
      },
      lastMessage: { ...last, status: 'sent' },
      lastSeq: 3,
      unreadCount: 1,
      read: { mine: 2, theirs: 0 },
      delivered: { mine: 2, theirs: expect.any(Number) },
      metadata: (await ann.get(`/api/conversations/${bob.id}/metadata`)).body,
    });
    expect(await entry(bob, ann)).toMatchObject({ unreadCount: 1, read: { mine: 0, theirs: 2 } });
  });

  test('looking at it moves nothing', async () => {
    await ann.says(bob, 'Hi');
    await list(bob);
    await bob.get('/api/conversations/unread');
    expect(await entry(bob, ann)).toMatchObject({ read: { mine: 0 }, delivered: { mine: 0 } });
    expect(await entry(ann, bob)).toMatchObject({ lastMessage: { status: 'sent' } });
  });

  test('a conversation is listed once it has a message or a setting', async () => {
    expect(await list(ann)).toEqual({ success: true, conversations: [], nextCursor: null });
    const stranger = await Somebody.signUp(app.url, 'Stranger');
    const carl = await friendOf(ann, 'Carl');
    await ann.put(`/api/conversations/${stranger.id}/metadata`, { isFavorite: true });
    await bob.says(ann, 'Hi');
    expect(names(await list(ann))).toEqual(['Bob', 'Stranger']);
    expect(await entry(ann, stranger)).toMatchObject({
      otherUser: { isOnline: false, lastSeen: null },
      lastMessage: null,
      lastSeq: 0,
      unreadCount: 0,
      metadata: { isFavorite: true },
    });
    expect(await list(carl)).toMatchObject({ conversations: [] });
    expect(await list(stranger)).toMatchObject({ conversations: [] });
  });

  test('pinned first, then the newest, those without a message last of their kind', async () => {
    const [carl, dora, emil, fred] = await Promise.all(
      ['Carl', 'Dora', 'Emil', 'Fred'].map((name) => friendOf(ann, name)),
    );
    for (const person of [bob, carl, dora] as Person[]) await person.says(ann, 'Hi');
    await ann.put(`/api/conversations/${emil?.id}/metadata`, { isPinned: true });
    await ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true });
    await ann.put(`/api/conversations/${fred?.id}/metadata`, { isPinned: false });
    expect(names(await list(ann))).toEqual(['Bob', 'Emil', 'Dora', 'Carl', 'Fred']);
    await ann.says(carl as Person, 'Hello');
    expect(names(await list(ann))).toEqual(['Bob', 'Emil', 'Carl', 'Dora', 'Fred']);
  });

  test('the friendship ends: the conversation stays, the presence goes', async () => {
    await bob.connects();
    await ann.says(bob, 'Hi');
    await ann.delete(`/api/friends/${bob.id}`);
    expect(await entry(ann, bob)).toMatchObject({
      otherUser: { name: 'Bob', isOnline: false, lastSeen: null },
      lastMessage: { text: 'Hi' },
    });
  });

  test('a page ends where the next begins', async () => {
    const people = await Promise.all(
      Array.from({ length: 7 }, (_, index) => friendOf(ann, `Friend ${index}`)),
    );
    for (const person of people) await person.says(ann, 'Hi');
    await ann.put(`/api/conversations/${people[3]?.id}/metadata`, { isPinned: true });
    const whole = await list(ann);
    expect(whole.conversations).toHaveLength(7);
    const paged = await pages(ann, 3);
    expect(paged.map(({ conversations }) => conversations.length)).toEqual([3, 3, 1]);
    expect(paged.flatMap(names)).toEqual(names(whole));
    expect((await pages(ann, 7)).length).toBe(1);
  });

  test('cursors that are cut, invented or of another person, and limits out of range are refused', async () => {
    const carl = await friendOf(ann, 'Carl');
    await bob.says(ann, 'Hi');
    await carl.says(ann, 'Hi');
    const { nextCursor } = await list(ann, '?limit=1');
    const cursor = nextCursor as string;
    expect(names(await list(ann, `?limit=1&cursor=${cursor}`))).toEqual(['Bob']);
    const wrong = [
      cursor.slice(0, -1),
      cursor.slice(1),
      `${cursor}A`,
      `${cursor}=`,
      `${cursor[0] === 'A' ? 'B' : 'A'}${cursor.slice(1)}`,
      'x',
      '',
      Buffer.alloc(32).toString('base64url'),
    ];
    for (const text of wrong) {
      const answer = await ann.get(`/api/conversations?cursor=${text}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(answer.body.errors?.map(({ field }) => field)).toEqual(['cursor']);
    }
    expect((await bob.get(`/api/conversations?cursor=${cursor}`)).status).toBe(400);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2', 'cursor[$ne]=x', 'before=1']) {
      expect((await ann.get(`/api/conversations?${query}`)).status).toBe(400);
    }
    expect((await ann.get('/api/conversations/unread?limit=1')).status).toBe(400);
  });
});

describe('Unread', () => {
  test('equals counting in the history, at every moment', async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const people: [Person, Person] = [ann, bob];
    for (let step = 0; step < 80; step += 1) {
      const [me, other] = random(2) ? people : people.toReversed();
      if (!me || !other) break;
      const action = random(8);
      if (action < 3) await me.posts(other, `${step}`);
      if (action === 3) await me.blocks(other);
      if (action === 4) await me.unblocks(other);
      if (action === 5) await me.reads(other, '?limit=200');
      if (action === 6) await me.reads(other);
      const last = (await entry(me, other))?.lastSeq ?? 0;
      if (action === 7 && last > 0) {
        await me.put(`/api/conversations/${other.id}/read`, { seq: 1 + random(last) });
      }
      for (const [viewer, writer] of [people, people.toReversed()] as [Person, Person][]) {
        // Any parameter makes it a fetch that does not read.
        const seen = await entry(viewer, writer);
        const read = seen?.read.mine ?? 0;
        const history: Message[] = await viewer.reads(writer, '?limit=200');
        const count = history.filter(({ senderId, seq }) => senderId === writer.id && seq > read).length;
        expect([step, seen?.unreadCount ?? 0]).toEqual([step, count]);
        expect(seen?.lastSeq ?? 0).toBe(history.at(-1)?.seq ?? 0);
        expect(seen?.lastMessage?._id).toBe(history.at(-1)?._id);
        expect((await viewer.get('/api/conversations/unread')).body).toEqual({
          success: true,
          total: count,
          conversations: count > 0 ? { [writer.id]: count } : {},
        });
      }
    }
  });

  test('adds up over conversations and leaves out those without', async () => {
    const carl = await friendOf(ann, 'Carl');
    const dora = await friendOf(ann, 'Dora');
    for (const text of ['1', '2', '3']) await bob.says(ann, text);
    await carl.says(ann, '1');
    await dora.says(ann, '1');
    await ann.reads(dora);
    expect((await ann.get('/api/conversations/unread')).body).toEqual({
      success: true,
      total: 4,
      conversations: { [bob.id]: 3, [carl.id]: 1 },
    });
  });

  test('what is written and read between the reads of one answer does not show in half of it', async () => {
    await bob.says(ann, '1');
    // oxlint-disable-next-line typescript/unbound-method -- called below on the repository it is spied on
    const findEnds = OverviewRepository.prototype.findEnds;
    jest.spyOn(OverviewRepository.prototype, 'findEnds').mockImplementationOnce(async function (
      this: OverviewRepository,
      ...args
    ) {
      await bob.says(ann, '2');
      await ann.put(`/api/conversations/${bob.id}/read`, { seq: 2 });
      return findEnds.apply(this, args);
    });
    const [{ lastMessage, unreadCount, read } = {}] = (await list(ann)).conversations;
    expect([lastMessage?.text, unreadCount, read?.mine]).toEqual(['1', 1, 0]);
    const [after] = (await list(ann)).conversations;
    expect([after?.lastMessage?.text, after?.unreadCount, after?.read.mine]).toEqual(['2', 0, 2]);
  });
});

describe('Behind a block', () => {
  test('hidden messages neither show nor count nor move the conversation', async () => {
    const carl = await friendOf(bob, 'Carl');
    const seen = await ann.says(bob, 'before');
    await carl.says(bob, 'newer');
    await bob.blocks(ann);
    const hidden = await ann.says(bob, 'hidden');
    expect(names(await list(bob))).toEqual(['Carl', 'Ann']);
    expect(await entry(bob, ann)).toMatchObject({
      lastMessage: { _id: seen._id },
      lastSeq: 1,
      unreadCount: 1,
      metadata: { isBlocked: true },
    });
    expect(await entry(ann, bob)).toMatchObject({
      lastMessage: { _id: hidden._id, status: 'sent' },
      lastSeq: 2,
    });
    expect(await list(ann)).not.toMatchObject({ conversations: [{ metadata: { isBlocked: true } }] });
  });

  test('a conversation of hidden messages alone does not exist for the one who blocks', async () => {
    await bob.blocks(ann);
    await bob.unblocks(ann);
    await app.db.collection('conversation_metadata').deleteMany({});
    expect(await list(bob)).toMatchObject({ conversations: [] });
    await bob.blocks(ann);
    await ann.says(bob, 'hidden');
    expect(await entry(bob, ann)).toMatchObject({ lastMessage: null, lastSeq: 0, unreadCount: 0 });
    expect((await bob.get('/api/conversations/unread')).body).toMatchObject({ total: 0 });
  });

  test('the blocked one sees the receipts stand still, and presence as of the block', async () => {
    const device = await bob.connects();
    await ann.says(bob, '1');
    await ann.says(bob, '2');
    await bob.put(`/api/conversations/${ann.id}/read`, { seq: 1 });
    await bob.blocks(ann);
    const before = await entry(ann, bob);
    await bob.put(`/api/conversations/${ann.id}/read`, { seq: 2 });
    expect(await entry(ann, bob)).toMatchObject({ read: before?.read, delivered: before?.delivered });
    expect(await entry(bob, ann)).toMatchObject({ read: { mine: 2 }, unreadCount: 0 });
    device.close();
  });
});

describe('Cost', () => {
  test('one walk along an index and a few reads by key, whatever the number of messages', async () => {
    const carl = await friendOf(ann, 'Carl');
    for (let index = 0; index < 60; index += 1) await bob.says(ann, `${index}`);
    await carl.says(ann, 'Hi');
    await ann.blocks(bob);
    await bob.says(ann, 'hidden');
    await app.db.command({ profile: 2 });
    await list(ann);
    await app.db.command({ profile: 0 });
    const profile = await app.db
      .collection('system.profile')
      .find({ op: { $in: ['query', 'command'] } })
      .toArray();
    const reads = profile.filter(({ command }) => command.find || command.aggregate);
    await app.db.collection('system.profile').drop();
    const walk = reads.find(({ command }) => command.aggregate === 'messages');
    expect(walk?.planSummary).toMatch(/DISTINCT_SCAN/);
    expect(reads.length).toBeLessThan(15);
    for (const { planSummary, docsExamined, nreturned, command } of reads) {
      expect(`${command.find ?? command.aggregate}: ${planSummary}`).not.toMatch(/COLLSCAN/);
      expect(docsExamined).toBeLessThanOrEqual(2 * nreturned + 2);
    }
  });
});
