import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type Confirmation, Confirmations } from './confirmations.js';

const [ANN, BOB] = ['ann', 'bob'];
const upTo = (to: number) => ({ conversationId: 'c', from: 1, to });

let stored: string[][];
let isDurable: () => void;
let confirmations: Confirmations;
beforeEach(() => {
  jest.useFakeTimers();
  stored = [];
  confirmations = new Confirmations((some: Confirmation[]) => {
    stored.push(some.map(({ userId, range }) => `${userId} ${range.to}`));
    return new Promise((resolve) => (isDurable = resolve));
  });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Whether the promise is resolved by now. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  void promise.then(() => (resolved = true));
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  return resolved;
}

test('what is confirmed within a moment is stored together, in order', () => {
  confirmations.add(ANN, [upTo(1)]);
  jest.advanceTimersByTime(199);
  confirmations.add(BOB, [upTo(2), upTo(3)]);
  expect(stored).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(stored).toEqual([['ann 1', 'bob 2', 'bob 3']]);
  jest.advanceTimersByTime(1000);
  expect(stored).toHaveLength(1);
});

test('who comes back is not told again what was confirmed: it is stored at once, and waited for', async () => {
  confirmations.add(ANN, [upTo(1)]);
  const settled = confirmations.settle(ANN);
  expect(stored).toEqual([['ann 1']]);
  expect(await isResolved(settled)).toBe(false);
  isDurable();
  expect(await isResolved(settled)).toBe(true);
});

test('a write that is under way is waited for too', async () => {
  confirmations.add(ANN, [upTo(1)]);
  jest.advanceTimersByTime(200);
  const settled = confirmations.settle(ANN);
  expect(await isResolved(settled)).toBe(false);
  isDurable();
  expect(await isResolved(settled)).toBe(true);
  expect(stored).toHaveLength(1);
});

test('what others have confirmed holds nobody up', async () => {
  confirmations.add(BOB, [upTo(1)]);
  expect(await isResolved(confirmations.settle(ANN))).toBe(true);
  expect(stored).toEqual([]);
  jest.advanceTimersByTime(200);
  expect(await isResolved(confirmations.settle(ANN))).toBe(true);
  expect(await isResolved(confirmations.settle(BOB))).toBe(false);
});
