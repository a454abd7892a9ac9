import { describe, expect, jest, test } from '@jest/globals';
import type { PresenceState } from '../presence/presence.js';
import type { PresenceService } from '../presence/presence.service.js';
import type { FrozenLook } from './appearance.js';
import { type Block, Blocks, type Pair } from './blocks.js';
import { BlocksService } from './blocks.service.js';
import type { MetadataRepository } from './metadata.repository.js';

const AT = new Date('2026-01-01T12:00:00.000Z');
const EARLIER = new Date('2026-01-01T11:00:00.000Z');

/** Looks that can be told apart. */
const look = (name: string, at = AT): FrozenLook => ({
  at,
  wasOnline: false,
  lastSeen: new Date(name.codePointAt(0) ?? 0),
});

const bobOnAnn: Block = {
  blockerId: 'bob',
  blockedId: 'ann',
  looks: { ofBlocker: look('b'), ofBlocked: look('a') },
};
const annOnBob: Block = {
  blockerId: 'ann',
  blockedId: 'bob',
  looks: { ofBlocker: look('x', EARLIER), ofBlocked: look('y', EARLIER) },
};

describe('The blocks that stand', () => {
  test('are one-sided, and stand between the two either way', () => {
    const blocks = new Blocks([bobOnAnn]);
    expect([blocks.has('bob', 'ann'), blocks.has('ann', 'bob'), blocks.has('bob', 'eve')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([blocks.stand('bob', 'ann'), blocks.stand('ann', 'bob'), blocks.stand('ann', 'eve')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(new Blocks([]).stand('ann', 'bob')).toBe(false);
  });

  test('keep how each looks to the other', () => {
    const blocks = new Blocks([bobOnAnn]);
    expect(blocks.looksOf('bob', 'ann')).toEqual([bobOnAnn.looks.ofBlocker]);
    expect(blocks.looksOf('ann', 'bob')).toEqual([bobOnAnn.looks.ofBlocked]);
    expect(blocks.looksOf('ann', 'eve')).toEqual([]);
    const both = new Blocks([bobOnAnn, annOnBob]);
    expect(both.looksOf('ann', 'bob')).toEqual([annOnBob.looks.ofBlocker, bobOnAnn.looks.ofBlocked]);
    expect(both.looksOf('bob', 'ann')).toEqual([bobOnAnn.looks.ofBlocker, annOnBob.looks.ofBlocked]);
  });
});

describe('Who blocks whom', () => {
  const session = {} as never;
  const findBlocks = jest.fn<(pairs: Pair[], session?: unknown) => Promise<Block[]>>();
  const last = { blockedAt: null, looks: bobOnAnn.looks };
  const findLastBlock = jest.fn(async (_me: string, _other: string) => last);

  function service(standing: Block[], presence: [string, PresenceState][] = []): BlocksService {
    findBlocks
      .mockReset()
      .mockImplementation(async (pairs) =>
        standing.filter(({ blockerId, blockedId }) =>
          pairs.some(({ me, other }) => me === blockerId && other === blockedId),
        ),
      );
    return new BlocksService(
      { findBlocks, findLastBlock } as unknown as MetadataRepository,
      {
        now: () => AT,
        of: async (ids: string[]) => new Map(presence.filter(([id]) => ids.includes(id))),
      } as unknown as PresenceService,
    );
  }

  test('is asked for one direction', async () => {
    expect(await service([bobOnAnn]).isBlocked('bob', 'ann')).toBe(true);
    expect(await service([bobOnAnn]).isBlocked('ann', 'bob')).toBe(false);
    expect(findBlocks.mock.calls).toEqual([[[{ me: 'ann', other: 'bob' }], undefined]]);
  });

  test('is asked for both directions and many people in one read, on the snapshot given', async () => {
    const blocks = await service([bobOnAnn, annOnBob]).between('ann', ['bob', 'eve'], session);
    expect([blocks.has('ann', 'bob'), blocks.has('bob', 'ann'), blocks.stand('ann', 'eve')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(findBlocks.mock.calls).toEqual([
      [
        [
          { me: 'ann', other: 'bob' },
          { me: 'bob', other: 'ann' },
          { me: 'ann', other: 'eve' },
          { me: 'eve', other: 'ann' },
        ],
        session,
      ],
    ]);
  });

  test('a new block keeps how the two look at this moment', async () => {
    const looks = await service(
      [],
      [
        ['ann', { isOnline: true, lastSeen: EARLIER }],
        ['bob', { isOnline: false, lastSeen: null }],
      ],
    ).looksAt('bob', 'ann', AT);
    expect(looks).toEqual({
      ofBlocker: { at: AT, wasOnline: false, lastSeen: null },
      ofBlocked: { at: AT, wasOnline: true, lastSeen: EARLIER },
    });
  });

  test("a new block keeps what the other's block keeps already", async () => {
    const presence: PresenceState = { isOnline: true, lastSeen: AT };
    const looks = await service(
      [annOnBob],
      [
        ['ann', presence],
        ['bob', presence],
      ],
    ).looksAt('bob', 'ann', AT);
    expect(looks).toEqual({ ofBlocker: annOnBob.looks.ofBlocked, ofBlocked: annOnBob.looks.ofBlocker });
  });

  test('somebody without any presence was never there', async () => {
    expect((await service([]).looksAt('bob', 'ann', AT)).ofBlocked).toEqual({
      at: AT,
      wasOnline: false,
      lastSeen: null,
    });
  });

  test('freezes by the time of presence, the same on every node', () => {
    expect(service([]).now()).toBe(AT);
  });

  test('also of one that was lifted it is known what it kept', async () => {
    expect(await service([]).last('bob', 'ann')).toBe(last);
    expect(findLastBlock).toHaveBeenCalledWith('bob', 'ann');
  });
});
