import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import mongoose, { type ClientSession, type Connection } from 'mongoose';
import { MetadataRepository } from '../src/conversations/metadata.repository.js';
import { MetadataRow, MetadataSchema } from '../src/conversations/metadata.schema.js';
import { DEFAULTS } from '../src/conversations/settings.js';
import { conversationIdOf, metadataIdOf, newId } from '../src/database/ids.js';
import { MessageRow, MessageSchema } from '../src/messages/message.schema.js';
import type { Draft, StoredMessage } from '../src/messages/message.js';
import { MessagesRepository, type PageQuery } from '../src/messages/messages.repository.js';
import { headAfter, placeBehind } from '../src/messages/numbering.js';
import { OverviewRepository } from '../src/messages/overview.repository.js';
import { ReceiptRow, ReceiptSchema } from '../src/messages/receipt.schema.js';
import { ReceiptsRepository } from '../src/messages/receipts.repository.js';
import { ownDatabase } from './support/running-app.js';

/** What the store itself keeps, with a real mongod and without the service above it. */
let connection: Connection;
let messages: MessagesRepository;
let overview: OverviewRepository;
let receipts: ReceiptsRepository;
let metadata: MetadataRepository;
beforeAll(async () => {
  connection = await mongoose.createConnection(ownDatabase(), { autoIndex: false }).asPromise();
  const messageModel = connection.model(MessageRow.name, MessageSchema);
  const receiptModel = connection.model(ReceiptRow.name, ReceiptSchema);
  const metadataModel = connection.model(MetadataRow.name, MetadataSchema);
  for (const model of [messageModel, receiptModel, metadataModel]) {
    await model.createCollection();
    await model.createIndexes();
  }
  messages = new MessagesRepository(messageModel);
  overview = new OverviewRepository(messageModel);
  receipts = new ReceiptsRepository(receiptModel);
  metadata = new MetadataRepository(metadataModel);
});
afterAll(async () => {
  await connection.dropDatabase();
  await connection.close();
});

let ann: string;
let bob: string;
let eve: string;
let chat: string;
let session: ClientSession;
beforeEach(async () => {
  [ann, bob, eve] = [newId(), newId(), newId()] as [string, string, string];
  chat = conversationIdOf(ann, bob);
  session = await connection.startSession();
});
afterEach(() => session.endSession());

function draft(text: string, more: Partial<Draft> = {}): Draft {
  return { _id: newId(), conversationId: chat, senderId: ann, recipientId: bob, text, ...more };
}

/** Messages one behind the other, in capitals those that the other must not see; `b…` are Bob's. */
function placed(...texts: string[]): StoredMessage[] {
  let last: StoredMessage | undefined;
  return texts.map((text) => {
    const from = text.toLowerCase().startsWith('b') ? { senderId: bob, recipientId: ann } : {};
    last = placeBehind(headAfter(last), draft(text, from), text !== text.toLowerCase());
    return last;
  });
}

async function written(...texts: string[]): Promise<StoredMessage[]> {
  const all = placed(...texts);
  expect(await messages.insert(all)).toEqual({ kind: 'stored' });
  return all;
}

/** What is read back: all but what is known only where it was numbered. */
const asStored = ({ previous: _previous, ...message }: StoredMessage) => message;
const texts = (list: Iterable<{ text: string }>) => [...list].map(({ text }) => text);

describe('A message', () => {
  test('is read as it was written, with nothing more', async () => {
    const attachment = { type: 'image', url: 'https://example.com/1.jpg' } as const;
    const first = placeBehind(headAfter(undefined), draft('a', { attachment, clientMessageId: 'k' }), false);
    const second = placeBehind(headAfter(first), draft('b'), true);
    await messages.insert([first, second]);
    expect(await messages.findStored([first])).toStrictEqual([asStored(first)]);
    expect(await messages.findStored([second])).toStrictEqual([asStored(second)]);
  });

  test('is found by its id only within its conversation, as many as are asked for', async () => {
    const [one, other] = await written('a', 'b');
    const missing = draft('c');
    const elsewhere = { ...(one as Draft), conversationId: conversationIdOf(ann, eve) };
    expect(texts(await messages.findStored([one as Draft, missing, other as Draft]))).toEqual(['a', 'b']);
    expect(await messages.findStored([elsewhere])).toEqual([]);
  });

  test('is found by the key of its sender in its conversation', async () => {
    const mine = placeBehind(headAfter(undefined), draft('mine', { clientMessageId: 'k' }), false);
    const theirs = { senderId: bob, recipientId: ann, clientMessageId: 'k' };
    const [first, second] = [mine, placeBehind(headAfter(mine), draft('theirs', theirs), false)];
    expect(await messages.insert([first, second])).toEqual({ kind: 'stored' });
    const twinsOf = async (...more: Partial<Draft>[]) =>
      texts([...(await messages.findTwins(more.map((some) => draft('again', some)))).values()]).toSorted();
    const byAnn = { clientMessageId: 'k' };
    const byBob = { ...byAnn, ...theirs };
    expect(await twinsOf(byAnn)).toEqual(['mine']);
    expect(await twinsOf(byBob)).toEqual(['theirs']);
    expect(await twinsOf(byAnn, byBob, {}, { clientMessageId: 'other' })).toEqual(['mine', 'theirs']);
    expect(await twinsOf({ clientMessageId: 'other' }, {})).toEqual([]);
    expect(await twinsOf({ ...byAnn, conversationId: conversationIdOf(ann, eve) })).toEqual([]);
  });

  test('is found by its key without reading the rest of the conversation', async () => {
    const before = await written(...Array.from({ length: 50 }, (_, index) => `a${index}`));
    const keyed = draft('last', { clientMessageId: 'k' });
    await messages.insert([placeBehind(headAfter(before.at(-1)), keyed, false)]);
    await connection.db?.setProfilingLevel('all');
    await messages.findTwins([draft('again', { clientMessageId: 'k' })]);
    await connection.db?.setProfilingLevel('off');
    const [profile] = (await connection.db?.collection('system.profile').find().toArray()) ?? [];
    expect(profile).toMatchObject({ nreturned: 1, docsExamined: 1, keysExamined: 1 });
  });
});

describe('An insert', () => {
  test('stores what comes before the one that is refused, and nothing behind it', async () => {
    const [first] = await written('first');
    const next = placeBehind(headAfter(first), draft('next'), false);
    const taken = { ...next, _id: newId(), text: 'taken' };
    const behind = placeBehind(headAfter(next), draft('behind'), false);
    expect(await messages.insert([next, taken, behind])).toMatchObject({
      kind: 'refused',
      landed: 1,
      isDuplicate: true,
      error: expect.any(Error),
    });
    expect(texts(await messages.findPage(page({})))).toEqual(['first', 'next']);
  });

  test('says when it was refused for something else', async () => {
    await connection.db?.command({ collMod: 'messages', validator: { text: { $ne: 'poison' } } });
    const outcome = await messages.insert(placed('a', 'poison', 'c'));
    await connection.db?.command({ collMod: 'messages', validator: {} });
    expect(outcome).toMatchObject({ kind: 'refused', landed: 1, isDuplicate: false });
  });

  test('of which nobody heard is of unknown outcome', async () => {
    const closed = await mongoose.createConnection(ownDatabase(), { autoIndex: false }).asPromise();
    const model = closed.model(MessageRow.name, MessageSchema);
    await closed.close();
    expect(await new MessagesRepository(model).insert(placed('a'))).toMatchObject({
      kind: 'unknown',
      error: expect.any(Error),
    });
  });

  test('of one and the same key twice by one sender is refused', async () => {
    const first = placeBehind(headAfter(undefined), draft('a', { clientMessageId: 'k' }), false);
    const twin = placeBehind(headAfter(first), draft('a', { clientMessageId: 'k' }), false);
    expect(await messages.insert([first, twin])).toMatchObject({
      kind: 'refused',
      landed: 1,
      isDuplicate: true,
    });
  });
});

function page(query: Partial<PageQuery>): PageQuery {
  return { conversationId: chat, viewerId: bob, limit: 50, order: 'oldest first', ...query };
}

describe('A page', () => {
  test('is what the viewer may see, in the order asked for', async () => {
    await written('a1', 'A2', 'b3', 'B4', 'a5');
    expect(texts(await messages.findPage(page({})))).toEqual(['a1', 'b3', 'B4', 'a5']);
    expect(texts(await messages.findPage(page({ viewerId: ann })))).toEqual(['a1', 'A2', 'b3', 'a5']);
    expect(texts(await messages.findPage(page({ order: 'newest first', limit: 2 })))).toEqual(['a5', 'B4']);
  });

  test('lies between the numbers given, without them', async () => {
    await written('a1', 'a2', 'a3', 'a4', 'a5');
    const between = async (query: Partial<PageQuery>) => texts(await messages.findPage(page(query)));
    expect(await between({ before: 3 })).toEqual(['a1', 'a2']);
    expect(await between({ after: 3 })).toEqual(['a4', 'a5']);
    expect(await between({ after: 1, before: 4 })).toEqual(['a2', 'a3']);
    expect(await between({ after: 0, limit: 1 })).toEqual(['a1']);
    expect(await between({ before: 1 })).toEqual([]);
  });

  test('is of one conversation', async () => {
    await written('a1');
    expect(await messages.findPage(page({ conversationId: conversationIdOf(bob, eve) }))).toEqual([]);
  });
});

describe('Many conversations at once', () => {
  let other: string;
  beforeEach(() => {
    other = conversationIdOf(ann, eve);
  });

  /** One message of Ann's to Eve. */
  async function toEve(...list: string[]): Promise<void> {
    let last: StoredMessage | undefined;
    for (const text of list) {
      const isHidden = text !== text.toLowerCase();
      last = placeBehind(headAfter(last), draft(text, { conversationId: other, recipientId: eve }), isHidden);
      await messages.insert([last]);
    }
  }

  test('end with their last message, without what it says', async () => {
    const attachment = { type: 'file', url: 'https://example.com/f' } as const;
    const [, last] = await written('a1', 'b2');
    const end = placeBehind(
      headAfter(undefined),
      draft('e', { conversationId: other, recipientId: eve, attachment }),
      true,
    );
    await messages.insert([end]);
    const { text: _text, attachment: _attachment, ...hidden } = asStored(end);
    const { text: _words, ...plain } = asStored(last as StoredMessage);
    const expected = new Map<string, unknown>([
      [chat, plain],
      [other, hidden],
    ]);
    expect(await overview.findEnds([chat, other, conversationIdOf(bob, eve)])).toEqual(expected);
    expect(await overview.findEnds([chat, other], session)).toEqual(expected);
    expect(await overview.findEnds([chat])).toEqual(new Map([[chat, plain]]));
    expect(await overview.findEnds([])).toEqual(new Map());
  });

  test('give the message at a number of each', async () => {
    await written('a1', 'a2', 'a3');
    await toEve('e1', 'e2');
    const found = await overview.findAt(
      [
        { conversationId: chat, seq: 3 },
        { conversationId: other, seq: 1 },
        { conversationId: other, seq: 9 },
      ],
      session,
    );
    expect(found.size).toBe(2);
    expect([found.get(chat)?.text, found.get(other)?.text]).toEqual(['a3', 'e1']);
    expect(await overview.findAt([], session)).toEqual(new Map());
  });

  test('give ranges as the viewer may see them, oldest first, also where there is nothing', async () => {
    await written('a1', 'a2', 'B3', 'a4', 'a5');
    await toEve('e1', 'E2', 'e3');
    const none = conversationIdOf(bob, eve);
    const ranges = [
      { conversationId: chat, after: 1, upTo: 4 },
      { conversationId: other, after: 0, upTo: 9 },
      { conversationId: none, after: 0, upTo: 9 },
    ];
    const seen = (found: Map<string, StoredMessage[]>) =>
      [chat, other, none].map((id) => found.get(id)?.map(({ text }) => text));
    expect(seen(await overview.findRanges(ann, ranges, session))).toEqual([
      ['a2', 'a4'],
      ['e1', 'E2', 'e3'],
      [],
    ]);
    expect(seen(await overview.findRanges(eve, ranges))).toEqual([['a2', 'a4'], ['e1', 'e3'], []]);
    expect(await overview.findRanges(ann, [])).toEqual(new Map());
  });

  test('tell how many each had written at a number', async () => {
    await written('a1', 'b2', 'A3', 'a4');
    await toEve('e1');
    const tallies = await messages.findTallies([
      { conversationId: chat, seq: 2 },
      { conversationId: chat, seq: 4 },
      { conversationId: chat, seq: 4 },
      { conversationId: other, seq: 1 },
      { conversationId: other, seq: 2 },
    ]);
    const [lo] = [ann, bob].toSorted();
    const inOrder = ([anns, bobs]: [number, number]) => (lo === ann ? [anns, bobs] : [bobs, anns]);
    expect(tallies).toEqual(
      new Map([
        [`${chat}:2`, inOrder([1, 1])],
        [`${chat}:4`, inOrder([2, 1])],
        [`${other}:1`, [ann, eve].toSorted()[0] === ann ? [1, 0] : [0, 1]],
      ]),
    );
    expect(await messages.findTallies([{ conversationId: chat, seq: 2 }], session)).toHaveProperty('size', 1);
    expect(await messages.findTallies([])).toEqual(new Map());
  });
});

describe('Watermarks', () => {
  const nothing = { delivered: 0, read: 0, readTally: 0, shownDelivered: 0, shownRead: 0 };
  const change = (side: 0 | 1, delivered: number, read = 0, isShown = true) => ({
    conversationId: chat,
    side,
    advance: { delivered, read, readTally: read },
    shown: isShown ? { delivered, read } : undefined,
  });

  test('of each of the two move forward only, in the store itself', async () => {
    expect(await receipts.find([chat])).toEqual(new Map());
    await receipts.advance([change(0, 3), change(1, 5, 4)]);
    await receipts.advance([change(0, 2), change(1, 4, 3)]);
    const expected = [
      { ...nothing, delivered: 3, shownDelivered: 3 },
      { delivered: 5, read: 4, readTally: 4, shownDelivered: 5, shownRead: 4 },
    ];
    expect(await receipts.find([chat, conversationIdOf(ann, eve)])).toEqual(new Map([[chat, expected]]));
    expect(await receipts.find([chat], session)).toEqual(new Map([[chat, expected]]));
  });

  test('what is read is delivered', async () => {
    await receipts.advance([{ ...change(0, 0, 7) }]);
    expect((await receipts.find([chat])).get(chat)?.[0]).toMatchObject({ delivered: 7, read: 7 });
    await receipts.advance([{ ...change(0, 2, 0) }]);
    expect((await receipts.find([chat])).get(chat)?.[0]).toMatchObject({
      delivered: 7,
      read: 7,
      readTally: 7,
    });
  });

  test('what is shown stands still behind a block, and then catches up with all of it', async () => {
    await receipts.advance([change(1, 2, 1)]);
    await receipts.advance([change(1, 9, 8, false)]);
    const hidden = { delivered: 9, read: 8, readTally: 8, shownDelivered: 2, shownRead: 1 };
    expect((await receipts.find([chat])).get(chat)).toEqual([nothing, hidden]);
    await receipts.advance([change(1, 1)]);
    expect((await receipts.find([chat])).get(chat)?.[1]).toEqual({
      ...hidden,
      shownDelivered: 9,
      shownRead: 8,
    });
  });

  test('what is shown may go beyond what is, and does not come back', async () => {
    await receipts.advance([{ ...change(1, 2, 1), shown: { delivered: 9, read: 8 } }]);
    await receipts.advance([change(1, 3, 3)]);
    const expected = { delivered: 3, read: 3, readTally: 3, shownDelivered: 9, shownRead: 8 };
    expect((await receipts.find([chat])).get(chat)?.[1]).toEqual(expected);
  });

  test('that two nodes move at the same time both count', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        receipts.advance([change((index % 2) as 0 | 1, index, index)]),
      ),
    );
    const [lo, hi] = (await receipts.find([chat])).get(chat) ?? [];
    expect([lo?.read, hi?.read]).toEqual([18, 19]);
  });
});

describe('Settings', () => {
  const at = new Date('2026-01-01T12:00:00.000Z');
  const look = (name: string) => ({ at, wasOnline: name === 'b', lastSeen: name === 'b' ? at : null });
  const block = { at, looks: { ofBlocker: look('a'), ofBlocked: look('b') } };

  test('are the defaults until something is set, and keep what is not changed', async () => {
    expect(await metadata.find(ann, bob)).toStrictEqual(DEFAULTS);
    expect(await metadata.change(ann, bob, { customRingtone: '$isPinned' })).toEqual({
      before: DEFAULTS,
      after: { ...DEFAULTS, customRingtone: '$isPinned' },
    });
    await metadata.change(ann, bob, { isPinned: true });
    await metadata.change(ann, bob, { isFavorite: true, customRingtone: null });
    const expected = { isPinned: true, isBlocked: false, customRingtone: null, isFavorite: true };
    expect(await metadata.find(ann, bob)).toStrictEqual(expected);
    expect(await metadata.find(bob, ann)).toStrictEqual(DEFAULTS);
  });

  test('changed at the same time by two nodes both hold, the first ones too', async () => {
    const changes = [
      { isPinned: true },
      { isFavorite: true },
      { customRingtone: 'bell' },
      { isBlocked: false },
    ];
    await Promise.all(changes.map((one) => metadata.change(ann, bob, one)));
    expect(await metadata.find(ann, bob)).toStrictEqual({
      isPinned: true,
      isBlocked: false,
      customRingtone: 'bell',
      isFavorite: true,
    });
  });

  test('are stored as the specification names them', async () => {
    await metadata.change(ann, bob, { isPinned: true });
    const row = await connection
      .collection('conversation_metadata')
      .findOne({ userId: new mongoose.Types.ObjectId(ann) });
    expect(JSON.parse(JSON.stringify(row))).toEqual({
      _id: metadataIdOf(ann, bob),
      userId: ann,
      otherUserId: bob,
      ...DEFAULTS,
      isPinned: true,
      blockedAt: null,
      looks: null,
    });
  });

  test('of a person are theirs alone, by the other', async () => {
    await metadata.change(ann, bob, { isPinned: true });
    await metadata.change(ann, eve, { isBlocked: true }, block);
    await metadata.change(bob, ann, { isFavorite: true });
    const expected = new Map([
      [bob, { ...DEFAULTS, isPinned: true }],
      [eve, { ...DEFAULTS, isBlocked: true }],
    ]);
    expect(await metadata.findAll(ann)).toEqual(expected);
    expect(await metadata.findAll(ann, session)).toEqual(expected);
  });

  test('a block keeps what it was put up with, until it is lifted and put up again', async () => {
    expect(await metadata.findLastBlock(ann, bob)).toBeUndefined();
    const { before, after } = await metadata.change(ann, bob, { isBlocked: true }, block);
    expect([before.isBlocked, after.isBlocked]).toEqual([false, true]);
    const later = { at: new Date(at.getTime() + 1), looks: { ofBlocker: look('b'), ofBlocked: look('a') } };
    await metadata.change(ann, bob, { isBlocked: true }, later);
    await metadata.change(ann, bob, { isPinned: true });
    expect(await metadata.findLastBlock(ann, bob)).toEqual({ blockedAt: at, looks: block.looks });

    await metadata.change(ann, bob, { isBlocked: false });
    expect(await metadata.findLastBlock(ann, bob)).toEqual({ blockedAt: null, looks: block.looks });
    expect(await metadata.findBlocks([{ me: ann, other: bob }])).toEqual([]);
    await metadata.change(ann, bob, { isBlocked: true }, later);
    expect(await metadata.findLastBlock(ann, bob)).toEqual({ blockedAt: later.at, looks: later.looks });
  });

  test('what was set before without a block has none to remember', async () => {
    await metadata.change(ann, bob, { isPinned: true });
    expect(await metadata.findLastBlock(ann, bob)).toBeUndefined();
  });

  test('the blocks that stand are found among the pairs asked for', async () => {
    await metadata.change(ann, bob, { isBlocked: true }, block);
    await metadata.change(ann, eve, { isBlocked: true }, block);
    await metadata.change(bob, ann, { isPinned: true });
    const pairs = [
      { me: ann, other: bob },
      { me: bob, other: ann },
      { me: bob, other: eve },
    ];
    const expected = [{ blockerId: ann, blockedId: bob, looks: block.looks }];
    expect(await metadata.findBlocks(pairs)).toEqual(expected);
    expect(await metadata.findBlocks(pairs, session)).toEqual(expected);
    expect(await metadata.findBlocks([])).toEqual([]);
  });
});
