import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events.js';
import type { FrozenLook } from '../conversations/appearance.js';
import { type Block, Blocks, type LastBlock } from '../conversations/blocks.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { PresenceState } from '../presence/presence.js';
import type { PresenceService } from '../presence/presence.service.js';
import type { Realtime } from '../realtime/realtime.js';
import { BlockFanOut } from './block-fan-out.js';
import type { FriendsService } from './friends.service.js';
import { PresenceLine } from './presence-line.js';

const GRACE = 5000;
const NOON = new Date('2026-01-01T12:00:00.000Z');
const at = (ms: number) => new Date(NOON.getTime() + ms);
const online = (lastSeen: Date): PresenceState => ({ isOnline: true, lastSeen });
const offline = (lastSeen: Date | null): PresenceState => ({ isOnline: false, lastSeen });

Logger.overrideLogger(false);

let standing: Block[];
let last: Map<string, LastBlock>;
let presence: Map<string, PresenceState>;
let areFriends: boolean;
let told: unknown[];
let events: DomainEvents;
let fanOut: BlockFanOut;
beforeEach(() => {
  jest.useFakeTimers({ now: NOON });
  standing = [];
  last = new Map();
  presence = new Map([
    ['ann', online(at(-9000))],
    ['bob', online(at(-8000))],
  ]);
  areFriends = true;
  told = [];
  events = new DomainEvents();
  fanOut = new BlockFanOut(
    events,
    { areFriends: async () => areFriends } as unknown as FriendsService,
    {
      graceMs: GRACE,
      now: () => new Date(),
      of: async (ids: string[]) => new Map([...presence].filter(([id]) => ids.includes(id))),
    } as unknown as PresenceService,
    {
      between: async (me: string, others: string[]) =>
        new Blocks(standing.filter((one) => concerns(one, me, others))),
      last: async (blocker: string, blocked: string) => last.get(blocker + blocked),
    } as unknown as BlocksService,
    {
      tell: (viewer: string, event: string, payload: unknown) => told.push([viewer, event, payload]),
    } as unknown as Realtime,
    new PresenceLine(),
  );
  fanOut.onModuleInit();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Whether this is a block between the two, either way. */
function concerns({ blockerId, blockedId }: Block, me: string, others: string[]): boolean {
  return (blockerId === me && others.includes(blockedId)) || (blockedId === me && others.includes(blockerId));
}

/** How somebody looks at this moment, as a block keeps it. */
function lookOf(userId: string): FrozenLook {
  const { isOnline, lastSeen } = presence.get(userId) as PresenceState;
  return { at: new Date(), wasOnline: isOnline, lastSeen };
}

/** Blocks, and lets what follows from it at once happen. */
async function block(blockerId: string, blockedId: string, looks?: Block['looks']): Promise<void> {
  const kept = looks ?? { ofBlocker: lookOf(blockerId), ofBlocked: lookOf(blockedId) };
  standing.push({ blockerId, blockedId, looks: kept });
  last.set(blockerId + blockedId, { blockedAt: new Date(), looks: kept });
  events.emit('block.changed', { blockerId, blockedId, isBlocked: true });
  await pass(0);
}

async function unblock(blockerId: string, blockedId: string): Promise<void> {
  standing = standing.filter((one) => one.blockerId !== blockerId || one.blockedId !== blockedId);
  const known = last.get(blockerId + blockedId);
  if (known) last.set(blockerId + blockedId, { ...known, blockedAt: null });
  events.emit('block.changed', { blockerId, blockedId, isBlocked: false });
  await pass(0);
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const status = (viewer: string, userId: string, isOnline: boolean, lastSeen: Date | null) => [
  viewer,
  'userStatus',
  { userId, isOnline, lastSeen: lastSeen?.toISOString() ?? null },
];

describe('A block', () => {
  test('makes both go offline like anyone: after the grace, last seen at that moment', async () => {
    await block('ann', 'bob');
    await pass(GRACE - 1);
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toEqual([status('bob', 'ann', false, NOON), status('ann', 'bob', false, NOON)]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('tells nothing of who was offline already', async () => {
    presence.set('bob', offline(at(-7000)));
    await block('ann', 'bob');
    await pass(GRACE);
    expect(told).toEqual([status('bob', 'ann', false, NOON)]);
  });

  test('tells nothing to those who are no friends by then', async () => {
    await block('ann', 'bob');
    areFriends = false;
    await pass(GRACE);
    expect(told).toEqual([]);
  });

  test('that is lifted within the grace shows nothing', async () => {
    await block('ann', 'bob');
    await pass(GRACE / 2);
    await unblock('ann', 'bob');
    await pass(GRACE);
    expect(told).toEqual([]);
  });

  test('put up again after a lift goes offline by its own time', async () => {
    await block('ann', 'bob');
    await unblock('ann', 'bob');
    await pass(1000);
    await block('ann', 'bob');
    await pass(GRACE - 1000);
    expect(told).toEqual([]);
    await pass(1000);
    expect(told).toEqual([status('bob', 'ann', false, at(1000)), status('ann', 'bob', false, at(1000))]);
  });

  test('that comes second goes offline with the first, once', async () => {
    await block('ann', 'bob');
    const [first] = standing as [Block];
    await pass(1000);
    await block('bob', 'ann', { ofBlocker: first.looks.ofBlocked, ofBlocked: first.looks.ofBlocker });
    await pass(GRACE * 2);
    expect(told).toEqual([status('bob', 'ann', false, NOON), status('ann', 'bob', false, NOON)]);
  });

  test('that takes over what the other keeps tells nothing that was told already', async () => {
    await block('ann', 'bob');
    const [first] = standing as [Block];
    await pass(GRACE);
    told = [];
    await block('bob', 'ann', { ofBlocker: first.looks.ofBlocked, ofBlocked: first.looks.ofBlocker });
    await pass(GRACE);
    expect(told).toEqual([]);
  });

  test('of both at the same moment is told once', async () => {
    await Promise.all([block('ann', 'bob'), block('bob', 'ann')]);
    await pass(GRACE);
    expect(told).toEqual([status('bob', 'ann', false, NOON), status('ann', 'bob', false, NOON)]);
  });

  test('of which nothing is stored tells nothing', async () => {
    events.emit('block.changed', { blockerId: 'ann', blockedId: 'bob', isBlocked: true });
    events.emit('block.changed', { blockerId: 'ann', blockedId: 'bob', isBlocked: false });
    await pass(GRACE);
    expect(told).toEqual([]);
  });

  test('leaves no clock running when the service ends', async () => {
    await block('ann', 'bob');
    expect(jest.getTimerCount()).toBe(2);
    fanOut.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('Unblocking', () => {
  test('shows both as they truly are, where that is not what they saw', async () => {
    await block('ann', 'bob');
    await pass(GRACE);
    told = [];
    presence.set('bob', offline(at(2000)));
    await unblock('ann', 'bob');
    expect(told).toEqual([status('bob', 'ann', true, at(-9000)), status('ann', 'bob', false, at(2000))]);
  });

  test('tells nothing to who sees the truth already', async () => {
    presence.set('bob', offline(null));
    presence.set('ann', offline(at(-5)));
    await block('ann', 'bob');
    await pass(GRACE);
    await unblock('ann', 'bob');
    expect(told).toEqual([]);
    presence.set('bob', offline(at(1)));
    await block('ann', 'bob', { ofBlocker: lookOf('ann'), ofBlocked: { ...lookOf('bob'), lastSeen: null } });
    await unblock('ann', 'bob');
    expect(told).toEqual([status('ann', 'bob', false, at(1))]);
  });

  test('shows that somebody is back, though they were last seen at the same moment', async () => {
    presence.set('ann', offline(null));
    presence.set('bob', offline(at(-7000)));
    await block('ann', 'bob');
    presence.set('bob', online(at(-7000)));
    await unblock('ann', 'bob');
    expect(told).toEqual([status('ann', 'bob', true, at(-7000))]);
  });

  test('shows nothing while the other blocks too, nor to those who are no friends any more', async () => {
    await block('ann', 'bob');
    await block('bob', 'ann');
    await pass(GRACE);
    told = [];
    await unblock('ann', 'bob');
    expect(told).toEqual([]);
    areFriends = false;
    await unblock('bob', 'ann');
    expect(told).toEqual([]);
    areFriends = true;
  });

  test('tells nothing of people whose presence is not known', async () => {
    await block('ann', 'bob');
    await pass(GRACE);
    told = [];
    presence.delete('ann');
    await unblock('ann', 'bob');
    expect(told).toEqual([status('ann', 'bob', true, at(-8000))]);
  });
});
