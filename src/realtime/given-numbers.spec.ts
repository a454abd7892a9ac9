import { describe, expect, test } from '@jest/globals';
import { GivenNumbers } from './given-numbers.js';

/** Takes numbers as `seq` behind `previous`. */
function take(given: GivenNumbers, ...numbers: [seq: number, previous?: number][]): boolean[] {
  return numbers.map(([seq, previous]) => given.take(seq, previous));
}

describe('GivenNumbers', () => {
  test('a number is given once', () => {
    const given = new GivenNumbers();
    expect(take(given, [5, 4], [5, 4], [6, 5], [5, 4], [6, 5], [7, 6])).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(given).toMatchObject({ from: 5, to: 7 });
  });

  test('a gap of what is not for this person is no hole', () => {
    const given = new GivenNumbers();
    take(given, [5, 2], [9, 5]);
    expect(given).toMatchObject({ from: 3, to: 9 });
  });

  test('the range does not grow past a hole, until it is closed', () => {
    const given = new GivenNumbers();
    expect(take(given, [5, 4], [8, 7], [9, 8])).toEqual([true, true, true]);
    expect(given.to).toBe(5);
    expect(take(given, [6, 5], [6, 5], [8, 7])).toEqual([true, false, false]);
    expect(given.to).toBe(6);
    expect(take(given, [7, 6])).toEqual([true]);
    expect(given.to).toBe(9);
  });

  test('one from before the connection began may come, once', () => {
    const given = new GivenNumbers();
    expect(take(given, [5, 4], [3, 2], [3, 2], [6, 5])).toEqual([true, true, false, true]);
    expect(given).toMatchObject({ from: 5, to: 6 });
  });
});
