import { describe, expect, it, test } from '@jest/globals';
import type { PresenceState } from '../presence/presence.js';
import { appearance, freeze, type FrozenLook } from './appearance.js';

const GRACE = 5000;
const BLOCK = new Date('2026-01-01T12:00:00.000Z');
const later = (ms: number) => new Date(BLOCK.getTime() + ms);
const earlier = (ms: number) => later(-ms);

const online: PresenceState = { isOnline: true, lastSeen: later(60_000) };
const offline: PresenceState = { isOnline: false, lastSeen: later(70_000) };
const wasOnline: FrozenLook = { at: BLOCK, wasOnline: true, lastSeen: earlier(9000) };
const wasOffline: FrozenLook = { at: BLOCK, wasOnline: false, lastSeen: earlier(8000) };
const wasNever: FrozenLook = { at: BLOCK, wasOnline: false, lastSeen: null };
const secondBlock: FrozenLook = { at: later(2000), wasOnline: true, lastSeen: later(1000) };

describe('how somebody looks', () => {
  const cases: [string, PresenceState, FrozenLook[], Date, PresenceState][] = [
    ['online, no block', online, [], later(0), online],
    ['offline, no block', offline, [], later(0), offline],
    ['online at the block, at once', online, [wasOnline], BLOCK, { isOnline: true, lastSeen: earlier(9000) }],
    [
      'online at the block, within the grace, truly gone',
      offline,
      [wasOnline],
      later(GRACE - 1),
      { isOnline: true, lastSeen: earlier(9000) },
    ],
    [
      'online at the block, after the grace, truly online',
      online,
      [wasOnline],
      later(GRACE),
      { isOnline: false, lastSeen: BLOCK },
    ],
    [
      'offline at the block, truly online now',
      online,
      [wasOffline],
      later(1),
      { isOnline: false, lastSeen: earlier(8000) },
    ],
    ['never online before the block', online, [wasNever], later(1), { isOnline: false, lastSeen: null }],
    [
      'two blocks: the earlier one decides',
      online,
      [secondBlock, wasOffline],
      later(9000),
      { isOnline: false, lastSeen: earlier(8000) },
    ],
    [
      'two blocks in the other order',
      online,
      [wasOffline, secondBlock],
      later(9000),
      { isOnline: false, lastSeen: earlier(8000) },
    ],
  ];

  test.each(cases)('%s', (_, presence, frozen, now, expected) => {
    expect(appearance(presence, frozen, now, GRACE)).toEqual(expected);
  });
});

describe('what a block keeps', () => {
  it('is how the person looks at that moment', () => {
    expect(freeze(online, [], BLOCK)).toEqual({ at: BLOCK, wasOnline: true, lastSeen: online.lastSeen });
    expect(freeze(offline, [], BLOCK)).toEqual({ at: BLOCK, wasOnline: false, lastSeen: offline.lastSeen });
  });

  it('is what an earlier block keeps, so that lifting that one shows nothing', () => {
    for (const first of [wasOnline, wasOffline, wasNever]) {
      const second = freeze(online, [first], later(2000));
      for (const now of [later(2000), later(GRACE - 1), later(GRACE), later(GRACE + 2001)]) {
        const both = appearance(online, [first, second], now, GRACE);
        expect(appearance(offline, [second], now, GRACE)).toEqual(both);
      }
    }
  });
});
