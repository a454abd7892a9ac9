import fc from 'fast-check';
import type { Who } from '../people.js';
import type { Via } from '../deed.js';

const TWO: [Who, Who][] = [
  ['Ann', 'Bob'],
  ['Bob', 'Ann'],
];
const OUTSIDE: [Who, Who][] = [
  ['Ann', 'Cid'],
  ['Cid', 'Ann'],
  ['Bob', 'Cid'],
  ['Cid', 'Bob'],
];

/** Somebody and the one they have to do with: mostly Ann and Bob. */
export const pair: fc.Arbitrary<[Who, Who]> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TWO) },
  { weight: 1, arbitrary: fc.constantFrom(...OUTSIDE) },
);

/** One of the three. */
export const who: fc.Arbitrary<Who> = fc.constantFrom<Who[]>('Ann', 'Bob', 'Ann', 'Bob', 'Cid');

export const index: fc.Arbitrary<number> = fc.nat({ max: 1 });

export const via: fc.Arbitrary<Via> = fc.record({
  index,
  way: fc.constantFrom<Via['way'][]>('socket', 'http'),
});

/** A place in a history of unknown length. */
export const place: fc.Arbitrary<number> = fc.nat({ max: 997 });
