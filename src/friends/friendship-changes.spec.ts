import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Block, Blocks } from '../conversations/blocks.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { Transactions } from '../database/transactions.js';
import type { FriendEvents } from './friend-events.js';
import { type Deed, FriendshipChanges } from './friendship-changes.js';
import { type FriendshipPair, stranger } from './friendship.js';
import type { FriendshipsRepository } from './friendships.repository.js';

const AT = new Date('2026-01-01T12:00:00.000Z');
const session = {} as never;
const look = { at: AT, wasOnline: false, lastSeen: null };

Logger.overrideLogger(false);

let rows: FriendshipPair;
let blocks: Block[];
let changes: FriendshipChanges;
const savePair = jest.fn(async (pair: FriendshipPair, _session: unknown) => {
  rows = pair;
});
const findPair = jest.fn(async (me: string, _other: string, _session: unknown): Promise<FriendshipPair> =>
  rows.mine.userId === me ? rows : { mine: rows.theirs, theirs: rows.mine },
);
const between = jest.fn(async (_me: string, _others: string[], _session: unknown) => new Blocks(blocks));
const tell = jest.fn<FriendEvents['tell']>();
beforeEach(() => {
  rows = { mine: stranger('ann', 'bob'), theirs: stranger('bob', 'ann') };
  blocks = [];
  for (const mock of [savePair, findPair, between]) mock.mockClear();
  tell.mockReset().mockResolvedValue(undefined);
  changes = new FriendshipChanges(
    { run: (work: (session: unknown) => unknown) => work(session) } as unknown as Transactions,
    { findPair, savePair } as unknown as FriendshipsRepository,
    { between } as unknown as BlocksService,
    { tell } as unknown as FriendEvents,
  );
});

const ask: Deed = { kind: 'ask', requestId: 'r', note: null, at: AT };
const block = (blockerId: string, blockedId: string) =>
  blocks.push({ blockerId, blockedId, looks: { ofBlocker: look, ofBlocked: look } });

describe('A change between two people', () => {
  test('is decided, stored and told once, all reads on the snapshot of its transaction', async () => {
    const done = await changes.make('ann', 'bob', ask);
    expect(done.kind).toBe('asked');
    expect([rows.mine.state, rows.theirs.state]).toEqual(['outgoing', 'incoming']);
    expect(tell.mock.calls).toEqual([['ann', 'bob', done]]);
    expect(findPair.mock.calls).toEqual([['ann', 'bob', session]]);
    expect(between.mock.calls).toEqual([['ann', ['bob'], session]]);
    expect(savePair.mock.calls).toEqual([[rows, session]]);
  });

  test('that is refused, or changes nothing, is neither stored nor told', async () => {
    await expect(changes.make('ann', 'bob', { kind: 'unfriend' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(savePair).not.toHaveBeenCalled();
    await changes.make('ann', 'bob', ask);
    expect(await changes.make('ann', 'bob', { ...ask, requestId: 'r2' })).toMatchObject({
      kind: 'unchanged',
    });
    expect(savePair).toHaveBeenCalledTimes(1);
    expect(tell).toHaveBeenCalledTimes(1);
  });

  test('asks for blocks only where they matter', async () => {
    await changes.make('ann', 'bob', ask);
    await changes.make('bob', 'ann', { kind: 'accept', requestId: 'r', at: AT });
    expect(rows.mine.state).toBe('friends');
    expect(between).toHaveBeenCalledTimes(1);
  });

  test('asked by who blocks the other is refused; asked by who is blocked, it is hidden', async () => {
    block('ann', 'bob');
    await expect(changes.make('ann', 'bob', ask)).rejects.toMatchObject({ code: 'recipient_blocked' });
    const done = await changes.make('bob', 'ann', ask);
    expect(done).toMatchObject({
      kind: 'asked',
      pair: { mine: { hidden: true }, theirs: { state: 'none' } },
    });
  });

  test('is done, whether it can be told or not', async () => {
    tell.mockRejectedValue(new Error('bus is gone'));
    expect(await changes.make('ann', 'bob', ask)).toMatchObject({ kind: 'asked' });
  });

  test('waits for the one before it between the same two, whoever makes it, and for nobody else', async () => {
    let goOn!: () => void;
    tell.mockReturnValueOnce(new Promise<void>((resolve) => (goOn = resolve)));
    const first = changes.make('ann', 'bob', ask);
    const second = changes.make('bob', 'ann', { kind: 'accept', requestId: 'r', at: AT });
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(findPair).toHaveBeenCalledTimes(1);
    goOn();
    await Promise.all([first, second]);
    expect(tell.mock.calls.map(([who, , { kind }]) => [who, kind])).toEqual([
      ['ann', 'asked'],
      ['bob', 'befriended'],
    ]);
  });
});
