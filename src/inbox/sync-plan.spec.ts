import { describe, expect, test } from '@jest/globals';
import { NO_RECEIPTS } from '../messages/receipts.js';
import { type ConversationView, stateOf } from './conversation-view.js';
import { stateDigest } from './given.js';
import { type Known, plan } from './sync-plan.js';

const ME = 'a'.repeat(24);

function view(number: number, lastSeq: number): ConversationView {
  const hex = number.toString(16).padStart(24, '0');
  return {
    conversationId: hex,
    viewerId: ME,
    otherUserId: hex,
    lastSeq,
    endSeq: lastSeq,
    lastAt: lastSeq,
    unreadCount: 0,
    receipts: NO_RECEIPTS,
    settings: undefined,
  };
}

function known(number: number, lastSeq: number, seq?: number, wasTold = false): Known {
  const one = view(number, lastSeq);
  const given = seq === undefined ? undefined : { seq, digest: stateDigest(stateOf(one)) };
  return { view: one, given, wasTold };
}

function planned(all: Known[], limit: number): [parts: unknown[], someWait: boolean] {
  const { portions, someWait } = plan(all, limit);
  return [
    portions.map(({ view: { conversationId }, after, part, limit: most }) => [
      Number.parseInt(conversationId, 16),
      part,
      after,
      most,
    ]),
    someWait,
  ];
}

describe('What goes into an answer', () => {
  test('nothing of a conversation of which all was given', () => {
    expect(planned([known(1, 5, 5), known(2, 0, 0)], 200)).toEqual([[], false]);
    // Given by a node that was ahead.
    expect(planned([known(1, 5, 6)], 200)).toEqual([[], false]);
  });

  test('the state alone where only that has changed', () => {
    const changed = { ...known(1, 5, 5), view: { ...view(1, 5), unreadCount: 1 } };
    expect(planned([changed], 200)).toEqual([[[1, 'all', 5, 0]], false]);
  });

  test('all that follows on the token where there is room, else the oldest of it', () => {
    expect(planned([known(1, 5, 2)], 3)).toEqual([[[1, 'all', 2, 3]], false]);
    expect(planned([known(1, 6, 2)], 3)).toEqual([[[1, 'oldest', 2, 3]], false]);
    expect(planned([known(1, 6, 2), known(2, 1, 0)], 3)).toEqual([[[1, 'oldest', 2, 3]], true]);
  });

  test('of one that is not known all, or its newest page: the room is shared', () => {
    expect(planned([known(1, 200)], 200)).toEqual([[[1, 'all', 0, 200]], false]);
    expect(planned([known(1, 300)], 200)).toEqual([[[1, 'newest', 0, 200]], false]);
    expect(planned([known(1, 300), known(2, 300)], 200)).toEqual([
      [
        [1, 'newest', 0, 100],
        [2, 'newest', 0, 100],
      ],
      false,
    ]);
    expect(planned([known(1, 9), known(2, 9)], 3)).toEqual([[[1, 'newest', 0, 3]], true]);
  });

  test('no page that is smaller than it need be, but what fits goes on', () => {
    const many = [1, 2, 3, 4, 5].map((number) => known(number, 300));
    expect(planned([...many, known(6, 3)], 120)).toEqual([
      [
        [1, 'newest', 0, 50],
        [2, 'newest', 0, 50],
        [6, 'all', 0, 3],
      ],
      true,
    ]);
  });

  test('first those of which this round did not speak', () => {
    expect(planned([known(1, 9, 3, true), known(2, 4, 3)], 3)).toEqual([
      [
        [2, 'all', 3, 1],
        [1, 'oldest', 3, 2],
      ],
      false,
    ]);
  });

  test('at most a thousand conversations', () => {
    const all = Array.from({ length: 1001 }, (_, index) => known(index, 0));
    expect(plan(all, 5)).toMatchObject({ portions: { length: 1000 }, someWait: true });
  });
});
