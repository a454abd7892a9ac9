import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Block, Blocks } from '../conversations/blocks.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { PresenceState } from '../presence/presence.js';
import type { PresenceService } from '../presence/presence.service.js';
import { Appearances } from './appearances.js';
import type { Presence } from '../realtime/wire.js';
import type { FriendshipsRepository } from './friendships.repository.js';
import { PairSet } from './pair-set.js';

const NOON = new Date('2026-01-01T12:00:00.000Z');
const EARLIER = new Date('2026-01-01T11:00:00.000Z');

let presence: Map<string, PresenceState>;
let blocks: Block[];
const friendsAmong = jest.fn<FriendshipsRepository['friendsAmong']>();
const between = jest.fn(async () => new Blocks(blocks));
let appearances: Appearances;
beforeEach(() => {
  jest.useFakeTimers({ now: NOON });
  presence = new Map([
    ['bob', { isOnline: true, lastSeen: EARLIER }],
    ['eve', { isOnline: false, lastSeen: null }],
  ]);
  blocks = [];
  friendsAmong.mockReset().mockResolvedValue(new PairSet([{ me: 'ann', other: 'bob' }]));
  between.mockClear();
  appearances = new Appearances(
    { friendsAmong } as unknown as FriendshipsRepository,
    { between } as unknown as BlocksService,
    { graceMs: 5000, now: () => new Date(), of: async () => presence } as unknown as PresenceService,
  );
});
afterEach(() => {
  jest.useRealTimers();
});

const shown = { isOnline: true, lastSeen: EARLIER.toISOString() };
const unseen = { isOnline: false, lastSeen: null };

describe('How X looks to Y', () => {
  test('only friends see whether someone is there', async () => {
    presence.set('eve', { isOnline: true, lastSeen: EARLIER });
    expect(await appearances.of('ann', ['bob', 'eve'])).toEqual(
      new Map<string, Presence>([
        ['bob', shown],
        ['eve', unseen],
      ]),
    );
    expect(friendsAmong.mock.calls).toEqual([
      [
        [
          { me: 'ann', other: 'bob' },
          { me: 'ann', other: 'eve' },
        ],
      ],
    ]);
    expect(between.mock.calls).toEqual([['ann', ['bob']]]);
  });

  test('friends look as they are, and as never there where nothing is known', async () => {
    expect(await appearances.ofFriends('ann', ['bob', 'eve', 'joe'])).toEqual(
      new Map<string, Presence>([
        ['bob', shown],
        ['eve', unseen],
        ['joe', unseen],
      ]),
    );
  });

  test.each([
    ['within the grace', -4999, { isOnline: true, lastSeen: EARLIER.toISOString() }],
    ['after it', -5000, { isOnline: false, lastSeen: new Date(NOON.getTime() - 5000).toISOString() }],
  ])('past a block as they looked when it was put up, %s', async (_, ago, look) => {
    const at = new Date(NOON.getTime() + ago);
    const kept = { at, wasOnline: true, lastSeen: EARLIER };
    const other = { at, wasOnline: false, lastSeen: NOON };
    blocks = [{ blockerId: 'bob', blockedId: 'ann', looks: { ofBlocker: kept, ofBlocked: other } }];
    presence.set('bob', { isOnline: false, lastSeen: NOON });
    expect((await appearances.of('ann', ['bob'])).get('bob')).toEqual(look);
  });
});
