import { describe, expect, test } from '@jest/globals';
import { GivenNumbers } from './given-numbers.js';

describe('GivenNumbers', () => {
  test('a number is given once', () => {
    const given = new GivenNumbers();
    expect([5, 5, 6, 5, 6, 7].map((seq) => given.take(seq))).toEqual([true, false, true, false, false, true]);
  });

  test('one that was missing may come later, once', () => {
    const given = new GivenNumbers();
    expect([5, 8, 6, 6, 7, 8].map((seq) => given.take(seq))).toEqual([true, true, true, false, true, false]);
  });

  test('so may one from before the connection began', () => {
    const given = new GivenNumbers();
    expect([5, 3, 3, 1, 6].map((seq) => given.take(seq))).toEqual([true, true, false, true, true]);
  });
});
