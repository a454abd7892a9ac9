import { describe, expect, test } from '@jest/globals';
import { Lane, type Verdict } from './lane.js';
import type { Message } from './wire.js';

const ME = 'me';

function laneFrom(start: number, ownAfter?: number): Lane {
  return new Lane('conversation', ME, start, ownAfter);
}

/** Tells messages as `seq` behind `previous`. */
function tell(lane: Lane, ...numbers: [seq: number, previous?: number][]): Verdict[] {
  return numbers.map(([seq, previous]) => lane.take(seq, previous));
}

/** Messages with these numbers, as the store gives them. */
function stored(...seqs: number[]): Message[] {
  return seqs.map((seq) => ({ seq, senderId: 'other' }) as Message);
}

function own(seq: number): Message {
  return { seq, senderId: ME } as Message;
}

describe('A lane', () => {
  test('gives each message once', () => {
    const lane = laneFrom(4);
    expect(tell(lane, [5, 4], [5, 4], [6, 5], [5, 4], [6, 5], [7, 6])).toEqual([
      'give',
      'skip',
      'give',
      'skip',
      'skip',
      'give',
    ]);
    expect(lane).toMatchObject({ from: 5, to: 7, isBehind: false });
  });

  test('goes on over numbers that are not for this person', () => {
    const lane = laneFrom(4);
    expect(tell(lane, [5, 4], [9, 5])).toEqual(['give', 'give']);
    expect(lane.to).toBe(9);
  });

  test('falls behind where the one in front was not given, and gives what was read, in order', () => {
    const lane = laneFrom(4);
    expect(tell(lane, [5, 4], [8, 7], [9, 8])).toEqual(['give', 'wait', 'wait']);
    expect(lane).toMatchObject({ to: 5, isBehind: true });
    const range = lane.nextRange(100);
    expect(range).toEqual({ conversationId: 'conversation', after: 5, upTo: 9 });
    expect(lane.fill(range, stored(6, 7, 8, 9))).toEqual(stored(6, 7, 8, 9));
    expect(lane).toMatchObject({ to: 9, isBehind: false });
    // Held up on the way, and read already.
    expect(tell(lane, [7, 6], [10, 9])).toEqual(['skip', 'give']);
  });

  test('takes the one below for the one in front where that is unknown', () => {
    expect(tell(laneFrom(4), [5], [7])).toEqual(['give', 'wait']);
  });

  test('what comes while it is read waits too, and is read next', () => {
    const lane = laneFrom(0);
    lane.expect(3);
    const first = lane.nextRange(2);
    expect(tell(lane, [4, 3])).toEqual(['wait']);
    expect(lane.fill(first, stored(1, 2))).toEqual(stored(1, 2));
    expect(lane.nextRange(2)).toMatchObject({ after: 2, upTo: 4 });
  });

  test('is read again where the store does not have yet what was told', () => {
    const lane = laneFrom(0);
    tell(lane, [3, 2]);
    const range = lane.nextRange(100);
    expect(lane.fill(range, stored(1, 2))).toBeUndefined();
    expect(lane).toMatchObject({ to: 0, isBehind: true });
    expect(lane.fill(lane.nextRange(100), stored(1, 2, 3))).toEqual(stored(1, 2, 3));
  });

  test('gives of the person’s own messages only those that are news', () => {
    const lane = laneFrom(2, 5);
    lane.expect(5);
    lane.take(6, 5, true);
    lane.take(7, 6);
    const found = [...stored(3), own(4), ...stored(5), own(6), own(7)];
    expect(lane.fill(lane.nextRange(100), found)).toEqual([...stored(3, 5), own(7)]);
  });

  test('leaves out what a sync gave meanwhile', () => {
    const lane = laneFrom(0);
    lane.expect(4);
    const range = lane.nextRange(100);
    lane.skipTo(3);
    expect(lane.fill(range, stored(1, 2, 3, 4))).toEqual(stored(4));
  });

  test('passes an old one on that is told again', () => {
    expect(tell(laneFrom(4), [3, 2])).toEqual(['give']);
  });
});
