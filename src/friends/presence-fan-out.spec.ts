import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events.js';
import { type Block, Blocks, type Pair } from '../conversations/blocks.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { PresenceService } from '../presence/presence.service.js';
import type { Realtime } from '../realtime/realtime.js';
import type { FriendshipsRepository } from './friendships.repository.js';
import { PresenceFanOut } from './presence-fan-out.js';
import { PresenceLine } from './presence-line.js';

const AT = new Date('2026-01-01T12:00:00.000Z');
const look = { at: AT, wasOnline: true, lastSeen: null };

Logger.overrideLogger(false);

let friends: Pair[];
let away: string[];
/** Of whom another node has told something newer. */
let overtaken: string | undefined;
let blocks: Block[];
let told: string[];
let events: DomainEvents;
const findFriendsOf = jest.fn<(userIds: string[]) => Promise<Pair[]>>();
const blocksAmong = jest.fn<(pairs: Pair[]) => Promise<Blocks>>();
beforeEach(() => {
  friends = [];
  away = [];
  overtaken = undefined;
  blocks = [];
  told = [];
  events = new DomainEvents();
  findFriendsOf.mockReset().mockImplementation(async (ids) => friends.filter(({ me }) => ids.includes(me)));
  blocksAmong.mockReset().mockImplementation(async (pairs) => {
    const isAsked = ({ blockerId, blockedId }: Block) =>
      pairs.some(({ me, other }) => me === blockerId && other === blockedId);
    return new Blocks(blocks.filter(isAsked));
  });
  const tell = (who: string, event: string, { userId, isOnline, lastSeen }: Record<string, unknown>) =>
    told.push(`${event} to ${who}: ${userId as string} ${isOnline ? 'on' : 'off'} ${String(lastSeen)}`);
  new PresenceFanOut(
    events,
    { findFriendsOf } as unknown as FriendshipsRepository,
    {
      onlineAmong: async (ids: string[]) => new Set(ids.filter((id) => !away.includes(id))),
      confirm: async (changes: { userId: string }[]) => changes.filter(({ userId }) => userId !== overtaken),
    } as unknown as PresenceService,
    { blocksAmong } as unknown as BlocksService,
    { tell } as unknown as Realtime,
    new PresenceLine(),
  ).onModuleInit();
});

function befriend(me: string, ...others: string[]): void {
  friends.push(
    ...others.flatMap((other) => [
      { me, other },
      { me: other, other: me },
    ]),
  );
}

function comes(userId: string): void {
  events.emit('presence.changed', { userId, isOnline: true, lastSeen: AT });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const on = (who: string, userId: string) => `userStatus to ${who}: ${userId} on ${AT.toISOString()}`;

describe('Coming and going', () => {
  test('is told to the friends who are there', async () => {
    befriend('ann', 'bob', 'eve', 'joe');
    away = ['eve'];
    comes('ann');
    await settle();
    expect(told).toEqual([on('bob', 'ann'), on('joe', 'ann')]);
    events.emit('presence.changed', { userId: 'ann', isOnline: false, lastSeen: null });
    await settle();
    expect(told.slice(2)).toEqual(['userStatus to bob: ann off null', 'userStatus to joe: ann off null']);
  });

  test('of who has no friends is told to nobody', async () => {
    befriend('bob', 'eve');
    comes('ann');
    await settle();
    expect(told).toEqual([]);
  });

  test('does not pass a block, whoever put it up', async () => {
    befriend('ann', 'bob', 'eve', 'joe');
    blocks = [
      { blockerId: 'ann', blockedId: 'bob', looks: { ofBlocker: look, ofBlocked: look } },
      { blockerId: 'eve', blockedId: 'ann', looks: { ofBlocker: look, ofBlocked: look } },
      { blockerId: 'bob', blockedId: 'joe', looks: { ofBlocker: look, ofBlocked: look } },
    ];
    comes('ann');
    await settle();
    expect(told).toEqual([on('joe', 'ann')]);
  });

  test('that another node has overtaken is not told', async () => {
    befriend('ann', 'bob', 'eve');
    overtaken = 'ann';
    comes('ann');
    comes('bob');
    await settle();
    expect(told).toEqual([on('ann', 'bob')]);
  });

  test('of many at once costs a few reads, and each is told in order', async () => {
    const many = Array.from({ length: 250 }, (_, index) => `user${index}`);
    befriend('ann', ...many);
    for (const id of many) comes(id);
    await settle();
    expect(told).toEqual(many.map((id) => on('ann', id)));
    expect(findFriendsOf.mock.calls.map(([ids]) => ids.length)).toEqual([200, 50]);
    expect(blocksAmong).toHaveBeenCalledTimes(2);
  });

  test('goes on after a read that failed', async () => {
    befriend('ann', 'bob');
    findFriendsOf.mockRejectedValueOnce(new Error('no primary'));
    comes('ann');
    await settle();
    comes('ann');
    await settle();
    expect(told).toEqual([on('bob', 'ann')]);
  });

  test('that happens while others are told is told after it', async () => {
    befriend('ann', 'bob');
    findFriendsOf.mockImplementationOnce(async (ids) => {
      events.emit('presence.changed', { userId: 'ann', isOnline: false, lastSeen: AT });
      await new Promise(setImmediate);
      return friends.filter(({ me }) => ids.includes(me));
    });
    comes('ann');
    await settle();
    expect(told).toEqual([on('bob', 'ann'), `userStatus to bob: ann off ${AT.toISOString()}`]);
  });
});
