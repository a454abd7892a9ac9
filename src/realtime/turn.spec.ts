import { describe, expect, test } from '@jest/globals';
import { Turn } from './turn.js';

/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('Turn', () => {
  test('the first is its own at once', async () => {
    await new Turn().mine();
  });

  test('those behind wait until every one ahead has passed, whatever order they pass in', async () => {
    const first = new Turn();
    const second = new Turn(first);
    const third = new Turn(second);
    const order: number[] = [];
    void second.mine().then(() => order.push(2));
    void third.mine().then(() => order.push(3));

    second.pass();
    await settle();
    expect(order).toEqual([]);

    first.pass();
    await settle();
    expect(order).toEqual([2, 3]);
  });

  test('passing twice changes nothing', async () => {
    const first = new Turn();
    const second = new Turn(first);
    first.pass();
    first.pass();
    await second.mine();
  });
});
