import { expect, test } from '@jest/globals';
import { Windows } from './windows.js';

let clock = 0;
const now = () => clock;

test('counts for each key until its window is over, and then from the beginning', () => {
  clock = 0;
  const windows = new Windows(10, 100, now);
  expect(windows.read('ann')).toEqual({ count: 0, msLeft: 0 });
  expect(windows.add('ann')).toEqual({ count: 1, msLeft: 10_000 });
  clock = 4000;
  expect(windows.add('ann')).toEqual({ count: 2, msLeft: 6000 });
  expect(windows.add('bob')).toEqual({ count: 1, msLeft: 10_000 });
  clock = 9999;
  expect(windows.read('ann')).toEqual({ count: 2, msLeft: 1 });
  clock = 10_000;
  expect(windows.read('ann')).toEqual({ count: 0, msLeft: 0 });
  expect(windows.add('ann')).toEqual({ count: 1, msLeft: 10_000 });
  expect(windows.read('bob').count).toBe(1);
});

test('forgets a key when it is told to', () => {
  const windows = new Windows(10);
  windows.add('ann');
  windows.add('bob');
  windows.forget('ann');
  expect([windows.read('ann').count, windows.read('bob').count]).toEqual([0, 1]);
});

test('gives up what is over before it gives up anything else', () => {
  clock = 0;
  const windows = new Windows(10, 3, now);
  windows.add('old');
  windows.add('older');
  clock = 10_000;
  for (const key of ['ann', 'bob', 'carl']) windows.add(key);
  expect(windows.size).toBe(3);
  expect(['ann', 'bob', 'carl'].map((key) => windows.read(key).count)).toEqual([1, 1, 1]);
});

test('keeps no more keys than it may, however many come, and gives the oldest up', () => {
  clock = 0;
  const windows = new Windows(10, 1000, now);
  windows.add('first');
  for (let index = 0; index < 100_000; index += 1) windows.add(`address ${index}`);
  expect(windows.size).toBe(1000);
  expect(windows.read('first').count).toBe(0);
  expect(windows.read('address 99999').count).toBe(1);
});
