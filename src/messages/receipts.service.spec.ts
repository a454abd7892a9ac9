import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { conversationIdOf } from '../database/ids.js';
import { DeliveryPort } from '../realtime/delivery-port.js';
import type { Realtime } from '../realtime/realtime.js';
import type { UsersService } from '../users/users.service.js';
import type { Receipt, ReceiptLog, Received } from './receipt-log.js';
import { NO_RECEIPTS, type Watermarks } from './receipts.js';
import { ReceiptsService } from './receipts.service.js';

const ANN = 'a'.repeat(24);
const BOB = 'b'.repeat(24);
const CHAT = conversationIdOf(ANN, BOB);
const me = { userId: BOB, sessionId: 's', expiresAt: 0 };

Logger.overrideLogger(false);

let move: (receipt: Receipt, received: Received) => void;
let told: unknown[];
let port: DeliveryPort;
let service: ReceiptsService;
const take = jest.fn<(receipt: Receipt) => Promise<Received>>();
const requireExists = jest.fn<(id: string) => Promise<void>>();
beforeEach(() => {
  told = [];
  port = new DeliveryPort();
  take
    .mockReset()
    .mockResolvedValue({ otherUserId: ANN, before: marks(), after: marks({ delivered: 7 }), unreadCount: 3 });
  requireExists.mockReset().mockResolvedValue(undefined);
  service = new ReceiptsService(
    { take, serve: (told: typeof move) => (move = told) } as unknown as ReceiptLog,
    { requireExists } as unknown as UsersService,
    { tell: (...what: unknown[]) => told.push(what) } as unknown as Realtime,
    port,
  );
  service.onModuleInit();
});

function marks(some: Partial<Watermarks> = {}): Watermarks {
  return { ...NO_RECEIPTS[0], ...some };
}

describe('What a person says', () => {
  test('is taken in, with the socket that said it', async () => {
    await service.markDelivered(me, CHAT, 4, 'phone');
    await service.markRead(me, CHAT, 5, 'phone');
    expect(take.mock.calls).toEqual([
      [{ conversationId: CHAT, userId: BOB, kind: 'delivered', to: 4, fromSocket: 'phone' }],
      [{ conversationId: CHAT, userId: BOB, kind: 'read', to: 5, fromSocket: 'phone' }],
    ]);
  });

  test('by the name of the other gives what is left to read', async () => {
    expect(await service.markReadWith(me, ANN, 5)).toBe(3);
    expect(take.mock.calls).toEqual([[{ conversationId: CHAT, userId: BOB, kind: 'read', to: 5 }]]);
    expect(requireExists).toHaveBeenCalledWith(ANN);
  });

  test('by the name of the other needs another, who exists, and a number that there is', async () => {
    await expect(service.markReadWith(me, BOB, 1)).rejects.toMatchObject({ code: 'to_oneself' });
    take.mockRejectedValueOnce(new ChatError('not_found'));
    await expect(service.markReadWith(me, ANN, 1)).rejects.toMatchObject({ code: 'seq_out_of_range' });
    for (const error of [new ChatError('unavailable'), new Error('no primary')]) {
      take.mockRejectedValueOnce(error);
      await expect(service.markReadWith(me, ANN, 1)).rejects.toBe(error);
    }
    requireExists.mockRejectedValueOnce(new ChatError('not_found'));
    await expect(service.markReadWith(me, ANN, 1)).rejects.toMatchObject({ code: 'not_found' });
    expect(take).toHaveBeenCalledTimes(3);
  });

  test('by fetching speaks of a range, and tells how far the person is', async () => {
    const fetched = { conversationId: CHAT, userId: BOB, from: 3, to: 7 };
    expect(await service.markFetched(fetched)).toEqual(marks({ delivered: 7 }));
    expect(await service.markOpened(fetched)).toEqual(marks({ delivered: 7 }));
    expect(take.mock.calls.map(([receipt]) => receipt)).toEqual([
      { ...fetched, kind: 'delivered' },
      { ...fetched, kind: 'read' },
    ]);
  });
});

describe('What a connection has answered for', () => {
  const ranges = [
    { conversationId: CHAT, from: 1, to: 2 },
    { conversationId: 'd', from: 5, to: 5 },
  ];

  test('is delivered, and a failure to store it goes no further', async () => {
    take.mockRejectedValueOnce(new Error('no primary'));
    port.confirm(BOB, ranges);
    expect(take.mock.calls.map(([receipt]) => receipt)).toEqual(
      ranges.map((range) => ({ ...range, userId: BOB, kind: 'delivered' })),
    );
    await new Promise(setImmediate);
  });
});

describe('Who is told that something moved', () => {
  const toAnn = (status: string, seq: number) => [
    ANN,
    'messageStatus',
    { conversationId: CHAT, userId: BOB, status, seq, at: expect.stringMatching(/Z$/) },
  ];
  const toBob = (seq: number) => [
    BOB,
    'messageStatus',
    { conversationId: CHAT, userId: BOB, status: 'read', seq, at: expect.stringMatching(/Z$/) },
    { exceptSocket: 'phone' },
  ];

  test.each<[string, Watermarks, Watermarks, unknown[]]>([
    [
      'delivered',
      marks({ delivered: 1, shownDelivered: 1 }),
      marks({ delivered: 4, shownDelivered: 4 }),
      [toAnn('delivered', 4)],
    ],
    [
      'read, which says delivered too: the other and the own devices',
      marks({ delivered: 4, shownDelivered: 4 }),
      marks({ delivered: 6, read: 6, shownDelivered: 6, shownRead: 6 }),
      [toAnn('read', 6), toBob(6)],
    ],
    [
      'delivered beyond what was read before',
      marks({ delivered: 6, read: 6, shownDelivered: 6, shownRead: 6 }),
      marks({ delivered: 8, read: 6, shownDelivered: 8, shownRead: 6 }),
      [toAnn('delivered', 8)],
    ],
    [
      'both, each to its own number',
      marks(),
      marks({ delivered: 8, read: 6, shownDelivered: 8, shownRead: 6 }),
      [toAnn('delivered', 8), toAnn('read', 6), toBob(6)],
    ],
    [
      'behind a block: the own devices alone',
      marks({ delivered: 1, shownDelivered: 1 }),
      marks({ delivered: 6, read: 6, shownDelivered: 1 }),
      [toBob(6)],
    ],
    [
      'shown after a block, though nothing new was read',
      marks({ delivered: 6, read: 6 }),
      marks({ delivered: 6, read: 6, shownDelivered: 6, shownRead: 6 }),
      [toAnn('read', 6)],
    ],
    ['behind a block, delivered: nobody', marks(), marks({ delivered: 3 }), []],
  ])('%s', (_, before, after, expected) => {
    const receipt: Receipt = { conversationId: CHAT, userId: BOB, kind: 'read', to: 1, fromSocket: 'phone' };
    move(receipt, { otherUserId: ANN, before, after, unreadCount: 0 });
    expect(told).toEqual(expected);
  });
});
