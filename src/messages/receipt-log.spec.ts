import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MessageStore } from '../../test/support/message-store.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import { type Block, Blocks } from '../conversations/blocks.js';
import type { Draft } from './message.js';
import { type Receipt, ReceiptLog, type Received } from './receipt-log.js';
import { advanced, NO_RECEIPTS, type Receipts, type Watermarks, withMarks } from './receipts.js';
import type { ReceiptChange, ReceiptsRepository } from './receipts.repository.js';

const ANN = 'a'.repeat(24);
const BOB = 'b'.repeat(24);
const EVE = 'e'.repeat(24);
const CHAT = 'c';
const PEOPLE: Record<string, [senderId: string, recipientId: string]> = { a: [ANN, BOB], b: [BOB, ANN] };

let messages: MessageStore;
let stored: Map<string, Receipts>;
let writes: ReceiptChange[][];
let failure: Error | undefined;
let blocked: Block[];
let blocksAsked: { me: string; other: string }[];
let told: { userId: string; kind: string; from: Watermarks; to: Watermarks }[];
let log: ReceiptLog;
let ids = 0;
beforeEach(() => {
  messages = new MessageStore();
  stored = new Map();
  writes = [];
  failure = undefined;
  blocked = [];
  blocksAsked = [];
  told = [];
  log = new ReceiptLog(messages.repository, messages.overview, receipts(), blocks());
  log.serve(({ userId, kind }, { before, after }) => told.push({ userId, kind, from: before, to: after }));
});

/** The watermarks in memory: each change takes the maximum, as in the store. */
function receipts(): ReceiptsRepository {
  const repository: Pick<ReceiptsRepository, 'find' | 'advance'> = {
    find: async (conversationIds) =>
      new Map(
        conversationIds.flatMap((id) => {
          const known = stored.get(id);
          return known ? [[id, known] as const] : [];
        }),
      ),
    advance: async (changes) => {
      if (failure) throw failure;
      writes.push(changes);
      for (const { conversationId, side, advance, shown } of changes) {
        const known = stored.get(conversationId) ?? NO_RECEIPTS;
        stored.set(conversationId, withMarks(known, side, advanced(known[side], advance, shown)));
      }
    },
  };
  return repository as unknown as ReceiptsRepository;
}

function blocks(): BlocksService {
  const service: Pick<BlocksService, 'blocksAmong'> = {
    blocksAmong: async (pairs) => {
      blocksAsked = pairs;
      const isAsked = (block: Block) =>
        pairs.some(({ me, other }) => me === block.blockerId && other === block.blockedId);
      return new Blocks(blocked.filter(isAsked));
    },
  };
  return service as unknown as BlocksService;
}

function block(blockerId: string, blockedId: string): void {
  const look = { at: new Date(), wasOnline: false, lastSeen: null };
  blocked.push({ blockerId, blockedId, looks: { ofBlocker: look, ofBlocked: look } });
}

/** Who wrote one after the other, `a` or `b`; in capitals what the other must not see. */
function written(by: string, conversationId = CHAT): void {
  for (const who of by) {
    ids += 1;
    const [senderId, recipientId] = PEOPLE[who.toLowerCase()] as [string, string];
    const draft: Draft = { _id: `id-${ids}`, conversationId, senderId, recipientId, text: '' };
    messages.writes(draft, who !== who.toLowerCase());
  }
}

function receipt(userId: string, kind: Receipt['kind'], to: number, more: Partial<Receipt> = {}): Receipt {
  return { conversationId: CHAT, userId, kind, to, ...more };
}

const bobs = (kind: Receipt['kind'], to: number, more: Partial<Receipt> = {}) =>
  log.take(receipt(BOB, kind, to, more));

const marks = (delivered: number, read: number, readTally: number): Watermarks => ({
  delivered,
  read,
  readTally,
  shownDelivered: delivered,
  shownRead: read,
});

describe('A receipt', () => {
  test('is stored, told, and answered with what is left to read', async () => {
    written('aabab');
    expect(await bobs('read', 2)).toEqual({
      otherUserId: ANN,
      before: marks(0, 0, 0),
      after: marks(2, 2, 2),
      unreadCount: 1,
    });
    expect(stored.get(CHAT)).toEqual([marks(0, 0, 0), marks(2, 2, 2)]);
    expect(told).toEqual([{ userId: BOB, kind: 'read', from: marks(0, 0, 0), to: marks(2, 2, 2) }]);
  });

  test('of delivery leaves all unread', async () => {
    written('aab');
    expect(await bobs('delivered', 3)).toMatchObject({ after: marks(3, 0, 0), unreadCount: 2 });
  });

  test('of either of the two is theirs alone', async () => {
    written('aab');
    await log.take(receipt(ANN, 'read', 3));
    await bobs('delivered', 1);
    expect(stored.get(CHAT)).toEqual([marks(3, 3, 1), marks(1, 0, 0)]);
  });

  test('that says nothing new is neither stored nor told', async () => {
    written('aaa');
    await bobs('read', 3);
    expect(await bobs('read', 2)).toMatchObject({ after: marks(3, 3, 3), unreadCount: 0 });
    await bobs('delivered', 3);
    expect(writes).toHaveLength(1);
    expect(told).toHaveLength(1);
  });

  test('is refused for a conversation of others, and where there is none', async () => {
    written('a');
    const notFound = { code: 'not_found' };
    await expect(log.take(receipt(EVE, 'read', 1))).rejects.toMatchObject(notFound);
    await expect(log.take({ ...receipt(BOB, 'read', 1), conversationId: 'd' })).rejects.toMatchObject(
      notFound,
    );
    expect(writes).toEqual([]);
  });

  test('counts up to the last number that this person may see, not above', async () => {
    written('abAA');
    const outOfRange = { code: 'seq_out_of_range' };
    await expect(bobs('read', 3)).rejects.toMatchObject(outOfRange);
    // Whoever comes to the last one that they may see is shown to have come past those hidden behind it.
    const shown = { shownDelivered: 4, shownRead: 4 };
    expect(await bobs('read', 2)).toMatchObject({ after: { ...marks(2, 2, 1), ...shown }, unreadCount: 0 });
    expect(await log.take(receipt(ANN, 'read', 4))).toMatchObject({ after: marks(4, 4, 1), unreadCount: 0 });
    await expect(log.take(receipt(ANN, 'read', 5))).rejects.toMatchObject(outOfRange);
  });

  test('of something hidden is worth what could be seen until there', async () => {
    written('aAa');
    expect(await bobs('read', 2)).toMatchObject({ after: marks(2, 2, 1), unreadCount: 1 });
  });
});

describe('A range that was fetched', () => {
  test('counts from the beginning, and on from where delivered ends', async () => {
    written('aaaa');
    await bobs('delivered', 2, { from: 1 });
    await bobs('delivered', 4, { from: 3 });
    expect(stored.get(CHAT)?.[1]).toEqual(marks(4, 0, 0));
  });

  test('counts over what is their own or hidden from them', async () => {
    written('abAba');
    await bobs('delivered', 1, { from: 1 });
    await bobs('delivered', 5, { from: 5 });
    expect(stored.get(CHAT)?.[1]).toEqual(marks(5, 0, 0));
  });

  test('moves nothing past a hole, also not what was read', async () => {
    written('aaaa');
    await bobs('delivered', 1);
    expect(await bobs('delivered', 4, { from: 3 })).toMatchObject({
      before: marks(1, 0, 0),
      after: marks(1, 0, 0),
    });
    expect(await bobs('read', 4, { from: 3 })).toMatchObject({ after: marks(1, 0, 0), unreadCount: 4 });
    expect(writes).toHaveLength(1);
  });

  test('a whole beginning is known to go on in the same batch', async () => {
    written('aaaa');
    await Promise.all([bobs('delivered', 2, { from: 1 }), bobs('delivered', 4, { from: 3 })]);
    expect(stored.get(CHAT)?.[1]).toEqual(marks(4, 0, 0));
  });
});

describe('Across a block', () => {
  test.each([
    ['the other', ANN, BOB],
    ['the person', BOB, ANN],
  ])('what %s put up keeps the other from seeing it', async (_, blockerId, blockedId) => {
    written('aaa');
    await bobs('delivered', 1);
    block(blockerId, blockedId);
    const { after } = await bobs('read', 3);
    expect(after).toEqual({ delivered: 3, read: 3, readTally: 3, shownDelivered: 1, shownRead: 0 });
    blocked = [];
    expect((await bobs('delivered', 1)).after).toEqual(marks(3, 3, 3));
    expect(told).toHaveLength(3);
  });

  test('is asked for both ways, of those who may', async () => {
    written('a');
    await Promise.allSettled([bobs('read', 1), log.take(receipt(EVE, 'read', 1))]);
    expect(blocksAsked).toEqual([
      { me: BOB, other: ANN },
      { me: ANN, other: BOB },
    ]);
  });

  test("other people's blocks do not matter", async () => {
    written('a');
    block(EVE, BOB);
    block(BOB, EVE);
    expect((await bobs('read', 1)).after).toEqual(marks(1, 1, 1));
  });
});

describe('Many at once', () => {
  test('a burst of readings is one write and told once, and each is answered', async () => {
    written('a'.repeat(1000));
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => bobs('read', index + 1)));
    expect(answers.map(({ unreadCount }) => unreadCount)).toEqual(answers.map((_, index) => 999 - index));
    expect(writes).toEqual([
      [expect.objectContaining({ advance: { delivered: 1000, read: 1000, readTally: 1000 } })],
    ]);
    expect(told).toEqual([{ userId: BOB, kind: 'read', from: marks(0, 0, 0), to: marks(1000, 1000, 1000) }]);
  });

  test('the farthest of each counts, in whatever order they come', async () => {
    written('aaaa');
    await Promise.all([bobs('read', 3), bobs('delivered', 4), bobs('read', 2)]);
    expect(writes).toHaveLength(1);
    expect(stored.get(CHAT)?.[1]).toEqual(marks(4, 3, 3));
    expect(told).toEqual([{ userId: BOB, kind: 'delivered', from: marks(0, 0, 0), to: marks(4, 3, 3) }]);
  });

  test('each person and each conversation is told and stored apart', async () => {
    written('aab');
    written('ba', 'd');
    await Promise.all([
      bobs('read', 2),
      log.take(receipt(ANN, 'read', 3)),
      bobs('delivered', 2, { conversationId: 'd' }),
    ]);
    expect(writes).toHaveLength(1);
    expect(writes[0]).toHaveLength(3);
    expect(stored).toEqual(
      new Map([
        [CHAT, [marks(3, 3, 1), marks(2, 2, 2)]],
        ['d', [marks(0, 0, 0), marks(2, 0, 0)]],
      ]),
    );
    expect(told.map(({ userId, kind, to }) => [userId, kind, to.delivered])).toEqual([
      [BOB, 'read', 2],
      [ANN, 'read', 3],
      [BOB, 'delivered', 2],
    ]);
  });

  test('one that is refused fails alone', async () => {
    written('aa');
    const results = await Promise.allSettled([
      bobs('read', 9),
      bobs('read', 2),
      log.take(receipt(EVE, 'read', 1)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  test('what comes while a write is under way goes down together, behind it', async () => {
    written('aaaaa');
    const late: Promise<Received>[] = [];
    messages.beforeEnds = () => {
      if (late.length === 0) late.push(bobs('read', 3), bobs('read', 4), bobs('read', 5));
    };
    await bobs('read', 1);
    expect((await Promise.all(late)).map(({ before }) => before.read)).toEqual([1, 3, 4]);
    expect(writes).toHaveLength(2);
    expect(told.map(({ from, to }) => [from.read, to.read])).toEqual([
      [0, 1],
      [1, 5],
    ]);
  });

  test('a store that fails fails those who asked, and nobody is told; the next are served', async () => {
    written('aa');
    failure = new Error('no primary');
    const results = await Promise.allSettled([bobs('read', 1), bobs('delivered', 2)]);
    expect(results).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(told).toEqual([]);
    failure = undefined;
    expect(await bobs('read', 2)).toMatchObject({ before: marks(0, 0, 0), after: marks(2, 2, 2) });
  });
});

describe('The answer', () => {
  test('comes when it is stored and told', async () => {
    written('a');
    const seen = jest.fn();
    log.serve(() => seen(writes.length));
    await bobs('read', 1).then(() => seen('answered'));
    expect(seen.mock.calls).toEqual([[1], ['answered']]);
  });
});
