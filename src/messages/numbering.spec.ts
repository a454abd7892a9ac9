import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Draft, StoredMessage } from './message.js';
import { headAfter, placeBehind } from './numbering.js';

const LO = '1'.repeat(24);
const HI = '2'.repeat(24);

function draft(sender: 'lo' | 'hi'): Draft {
  const [senderId, recipientId] = sender === 'lo' ? [LO, HI] : [HI, LO];
  return { _id: '0'.repeat(24), conversationId: 'c'.repeat(24), senderId, recipientId, text: '' };
}

const sends = fc.array(fc.record({ sender: fc.constantFrom('lo', 'hi'), isHidden: fc.boolean() }), {
  maxLength: 40,
});

function write(list: { sender: 'lo' | 'hi'; isHidden: boolean }[]): StoredMessage[] {
  const stored: StoredMessage[] = [];
  for (const { sender, isHidden } of list)
    stored.push(placeBehind(headAfter(stored.at(-1)), draft(sender), isHidden));
  return stored;
}

describe('Numbering', () => {
  test('the first message is 1', () => {
    expect(placeBehind(headAfter(undefined), draft('lo'), false)).toMatchObject({ seq: 1, tally: [1, 0] });
  });

  test('numbers have no gap, and the last message tells all that the next one needs', () => {
    fc.assert(
      fc.property(sends, (list) => {
        expect(write(list).map(({ seq }) => seq)).toEqual(list.map((_, index) => index + 1));
      }),
    );
  });

  test('the tallies count what each has written that the other may see', () => {
    fc.assert(
      fc.property(sends, (list) => {
        const tally = [0, 0];
        for (const [index, message] of write(list).entries()) {
          if (!message.hidden) tally[list[index]?.sender === 'lo' ? 0 : 1]! += 1;
          expect(message.tally).toEqual(tally);
        }
      }),
    );
  });

  test('a hidden message points to the last one that its recipient may see', () => {
    fc.assert(
      fc.property(sends, (list) => {
        const stored = write(list);
        for (const [index, { hidden, recipientId, lastVisible }] of stored.entries()) {
          if (!hidden) continue;
          const seen = stored
            .slice(0, index)
            .findLast((other) => !other.hidden || other.senderId === recipientId);
          expect(lastVisible).toBe(seen?.seq ?? 0);
        }
      }),
    );
  });

  test('a clock that runs back does not turn the time of the conversation back', () => {
    const first = placeBehind(headAfter(undefined), draft('lo'), false, new Date(2000));
    const second = placeBehind(headAfter(first), draft('hi'), false, new Date(1000));
    const third = placeBehind(headAfter(second), draft('lo'), false, new Date(3000));
    expect([second.createdAt, third.createdAt]).toEqual([new Date(2000), new Date(3000)]);
  });
});
