import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DomainEvents } from '../common/domain-events.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { Realtime } from '../realtime/realtime.js';
import type { FriendEntries } from './friend-entries.js';
import { FriendEvents } from './friend-events.js';
import { type Friendship, stranger } from './friendship.js';

let doesBobBlock: boolean;
let told: [who: string, event: string, what: unknown][];
let ended: unknown[];
const friend = jest.fn<(viewer: string, other: string) => Promise<unknown>>();
let events: FriendEvents;
beforeEach(() => {
  doesBobBlock = false;
  told = [];
  ended = [];
  friend.mockReset().mockImplementation(async (viewer, other) => `${other} to ${viewer}`);
  const domain = new DomainEvents();
  domain.on('friendship.ended', (event) => ended.push(event));
  events = new FriendEvents(
    {
      friend,
      request: async ({ requestId }: Friendship) => `request ${requestId}`,
    } as unknown as FriendEntries,
    {
      isBlocked: async (blocker: string, blocked: string) =>
        doesBobBlock && blocker === 'bob' && blocked === 'ann',
    } as unknown as BlocksService,
    { tell: (...what: [string, string, unknown]) => told.push(what) } as unknown as Realtime,
    domain,
  );
});

/** Ann's row and Bob's, after Ann asked. */
function asked(hidden = false) {
  const mine = { ...stranger('ann', 'bob'), requestId: 'r', hidden };
  return { mine, theirs: stranger('bob', 'ann') };
}

describe('Between two people', () => {
  const pair = asked();

  test('both are told what Ann did', async () => {
    await events.tell('ann', 'bob', { kind: 'asked', pair, replaced: null });
    await events.tell('ann', 'bob', { kind: 'befriended', pair });
    await events.tell('ann', 'bob', { kind: 'closed', pair, requestId: 'r', wasHidden: false });
    await events.tell('ann', 'bob', { kind: 'ended', pair });
    expect(told).toEqual([
      ['ann', 'friendRequest', 'request r'],
      ['bob', 'friendRequest', 'request r'],
      ['ann', 'friendAccepted', 'bob to ann'],
      ['bob', 'friendAccepted', 'ann to bob'],
      ['ann', 'friendRequestClosed', { requestId: 'r' }],
      ['bob', 'friendRequestClosed', { requestId: 'r' }],
      ['ann', 'friendRemoved', { userId: 'bob' }],
      ['bob', 'friendRemoved', { userId: 'ann' }],
    ]);
  });

  test('the end of a friendship, and nothing else, is told inside too', async () => {
    await events.tell('ann', 'bob', { kind: 'befriended', pair });
    await events.tell('ann', 'bob', { kind: 'closed', pair, requestId: 'r', wasHidden: false });
    await events.tell('ann', 'bob', { kind: 'asked', pair, replaced: null });
    expect(ended).toEqual([]);
    await events.tell('ann', 'bob', { kind: 'ended', pair });
    expect(ended).toEqual([{ userId: 'ann', otherUserId: 'bob' }]);
  });

  test("Bob's own request that did not count makes way for Ann's, which only he is told", async () => {
    await events.tell('ann', 'bob', { kind: 'asked', pair, replaced: 'his' });
    expect(told).toEqual([
      ['bob', 'friendRequestClosed', { requestId: 'his' }],
      ['ann', 'friendRequest', 'request r'],
      ['bob', 'friendRequest', 'request r'],
    ]);
  });
});

describe('Who blocks the one who acts', () => {
  beforeEach(() => {
    doesBobBlock = true;
  });

  test('is told nothing, and the one who acts no less than always', async () => {
    const pair = asked(true);
    await events.tell('ann', 'bob', { kind: 'asked', pair, replaced: 'his' });
    await events.tell('ann', 'bob', { kind: 'befriended', pair });
    await events.tell('ann', 'bob', { kind: 'closed', pair, requestId: 'r', wasHidden: false });
    await events.tell('ann', 'bob', { kind: 'ended', pair });
    expect(told).toEqual([
      ['ann', 'friendRequest', 'request r'],
      ['ann', 'friendAccepted', 'bob to ann'],
      ['ann', 'friendRequestClosed', { requestId: 'r' }],
      ['ann', 'friendRemoved', { userId: 'bob' }],
    ]);
  });

  test('does not make the answer quicker: both sides are read all the same', async () => {
    await events.tell('ann', 'bob', { kind: 'befriended', pair: asked() });
    expect(friend.mock.calls).toEqual([
      ['ann', 'bob'],
      ['bob', 'ann'],
    ]);
  });

  test('hears of what they do themselves', async () => {
    await events.tell('bob', 'ann', { kind: 'ended', pair: asked() });
    expect(told.map(([who]) => who)).toEqual(['bob', 'ann']);
  });
});

describe('A request asked behind a block', () => {
  test('is never told to whom it was hidden from, also when the block is lifted meanwhile', async () => {
    await events.tell('ann', 'bob', { kind: 'asked', pair: asked(true), replaced: null });
    await events.tell('ann', 'bob', { kind: 'closed', pair: asked(), requestId: 'r', wasHidden: true });
    expect(told).toEqual([
      ['ann', 'friendRequest', 'request r'],
      ['ann', 'friendRequestClosed', { requestId: 'r' }],
    ]);
  });
});
