import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Advance,
  advanced,
  goesOn,
  hasMoved,
  isBehind,
  NO_RECEIPTS,
  otherSide,
  shownOf,
  sideOf,
  statusOf,
  type Watermarks,
  withMarks,
} from './receipts.js';

const LO = 'a'.repeat(24);
const HI = 'b'.repeat(24);
const NOTHING: Watermarks = { delivered: 0, read: 0, readTally: 0, shownDelivered: 0, shownRead: 0 };

const delivered = (to: number) => ({ delivered: to, read: 0, readTally: 0 });
const read = (to: number, readTally: number) => ({ delivered: to, read: to, readTally });

/** How far somebody comes in a conversation in which nothing is hidden from them. */
function comesTo(marks: Watermarks, advance: Advance, isShown: boolean): Watermarks {
  const ends = { isReading: advance.read > 0, lastVisible: 100, end: 100 };
  return advanced(marks, advance, isShown ? shownOf(marks, advance, ends) : undefined);
}

const step = fc.record({
  advance: fc.record({ delivered: fc.nat(20), read: fc.nat(20), readTally: fc.nat(20) }),
  isShown: fc.boolean(),
});

describe('Watermarks', () => {
  test('begin at nothing, for both', () => {
    expect(NO_RECEIPTS).toStrictEqual([NOTHING, NOTHING]);
  });

  test('what is read is delivered, and the other is shown both', () => {
    expect(comesTo(NOTHING, delivered(3), true)).toEqual({ ...NOTHING, delivered: 3, shownDelivered: 3 });
    expect(comesTo(NOTHING, { ...read(3, 2), delivered: 0 }, true)).toEqual({
      delivered: 3,
      read: 3,
      readTally: 2,
      shownDelivered: 3,
      shownRead: 3,
    });
  });

  test('what is shown stands still behind a block, and catches up with the next receipt after it', () => {
    const before = comesTo(comesTo(NOTHING, read(2, 2), true), delivered(4), true);
    const blocked = comesTo(before, read(9, 7), false);
    expect(blocked).toEqual({ delivered: 9, read: 9, readTally: 7, shownDelivered: 4, shownRead: 2 });
    expect(comesTo(blocked, delivered(1), true)).toEqual({
      delivered: 9,
      read: 9,
      readTally: 7,
      shownDelivered: 9,
      shownRead: 9,
    });
  });

  test('none ever moves back, and none is shown that is not so', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let marks = NOTHING;
        for (const { advance, isShown } of steps) {
          const after = comesTo(marks, advance, isShown);
          for (const mark of Object.keys(NOTHING) as (keyof Watermarks)[]) {
            expect(after[mark]).toBeGreaterThanOrEqual(marks[mark]);
          }
          expect(after.delivered).toBeGreaterThanOrEqual(after.read);
          expect(after.shownDelivered).toBeLessThanOrEqual(after.delivered);
          expect(after.shownRead).toBeLessThanOrEqual(after.read);
          expect(after.shownRead).toBeLessThanOrEqual(after.shownDelivered);
          marks = after;
        }
      }),
    );
  });

  test('have moved if any of them has', () => {
    expect(hasMoved(NOTHING, { ...NOTHING })).toBe(false);
    for (const mark of Object.keys(NOTHING)) expect(hasMoved(NOTHING, { ...NOTHING, [mark]: 1 })).toBe(true);
  });

  test('belong to one of the two', () => {
    const marks = comesTo(NOTHING, delivered(1), true);
    expect([sideOf(LO, HI), sideOf(HI, LO)]).toEqual([0, 1]);
    expect([otherSide(0), otherSide(1)]).toEqual([1, 0]);
    expect(withMarks(NO_RECEIPTS, 0, marks)).toEqual([marks, NOTHING]);
    expect(withMarks(NO_RECEIPTS, 1, marks)).toEqual([NOTHING, marks]);
  });
});

describe('Messages behind a lifted block', () => {
  // All that the person may see ends at 5, the conversation at 8.
  const ends = { lastVisible: 5, end: 8 };

  test('look received to who wrote them once the person came to the last one that they may see', () => {
    expect(shownOf(NOTHING, delivered(4), { ...ends, isReading: false })).toEqual({ delivered: 4, read: 0 });
    expect(shownOf(NOTHING, delivered(5), { ...ends, isReading: false })).toEqual({ delivered: 8, read: 0 });
    expect(shownOf(NOTHING, read(4, 4), { ...ends, isReading: true })).toEqual({ delivered: 4, read: 4 });
    expect(shownOf(NOTHING, read(5, 5), { ...ends, isReading: true })).toEqual({ delivered: 8, read: 8 });
  });

  test('do not look read when the person only gets something', () => {
    const marks = advanced(NOTHING, read(5, 5));
    expect(shownOf(marks, delivered(5), { ...ends, isReading: false })).toEqual({ delivered: 8, read: 5 });
  });

  test.each<[Partial<Watermarks>, boolean, boolean]>([
    [{ delivered: 5, read: 5, shownDelivered: 5, shownRead: 5 }, true, true],
    [{ delivered: 5, read: 4, shownDelivered: 5, shownRead: 4 }, true, false],
    [{ delivered: 4, read: 4, shownDelivered: 4, shownRead: 4 }, false, false],
    [{ delivered: 5, read: 5, shownDelivered: 8, shownRead: 5 }, false, true],
    [{ delivered: 5, read: 5, shownDelivered: 8, shownRead: 8 }, false, false],
  ])('%j: is behind in delivered %s, in read %s', (some, inDelivered, inRead) => {
    const marks = { ...NOTHING, ...some };
    expect([isBehind(marks, 'delivered', ends), isBehind(marks, 'read', ends)]).toEqual([
      inDelivered,
      inRead,
    ]);
    expect(isBehind(marks, 'read', { lastVisible: 8, end: 8 })).toBe(false);
  });
});

describe('A range goes on where delivered ends', () => {
  // The other wrote 2, 5 and 6; all else is one's own.
  const tallyAt = (seq: number) => [2, 5, 6].filter((written) => written <= seq).length;

  test.each([
    [1, 0, true, 'right behind it'],
    [3, 4, true, 'within it'],
    [4, 2, true, "only one's own lies between"],
    [5, 2, true, 'and it begins with one of the other'],
    [6, 2, false, 'the 5 lies between'],
    [7, 5, false, 'the 6 lies between'],
    [9, 6, true, 'nothing of the other lies between'],
    [3, 0, false, 'the first lies between'],
  ])('from %i, delivered %i: %s, %s', (from, upTo, isSo) => {
    expect(goesOn(from, upTo, tallyAt)).toBe(isSo);
  });
});

describe('The status of a message', () => {
  const marks: Watermarks = { delivered: 6, read: 4, readTally: 0, shownDelivered: 3, shownRead: 2 };
  const from = (senderId: string, recipientId: string) => (viewerId: string) =>
    [1, 2, 3, 4, 5, 6, 7].map(
      (seq) => statusOf({ senderId, recipientId, seq }, receipts(recipientId), viewerId)[0],
    );
  const receipts = (of: string) => withMarks(NO_RECEIPTS, of === LO ? 0 : 1, marks);

  test.each([
    [LO, HI],
    [HI, LO],
  ])('the sender sees what is shown, the recipient what they know', (sender, recipient) => {
    const viewedBy = from(sender, recipient);
    expect(viewedBy(sender).join('')).toBe('rrdssss');
    expect(viewedBy(recipient).join('')).toBe('rrrrdds');
  });
});
