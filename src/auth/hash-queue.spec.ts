import { describe, expect, it } from '@jest/globals';
import { HashQueue } from './hash-queue.js';

/** Work that ends when it is told to. */
function job() {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, ended };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue', () => {
  it('runs so many at once, the others in the order they came', async () => {
    const queue = new HashQueue(2, 10);
    const jobs = [job(), job(), job(), job(), job()];
    const begun: number[] = [];
    const results = jobs.map(({ ended }, index) =>
      queue.run(async () => {
        begun.push(index);
        await ended;
        return index;
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    jobs[1]?.end();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const { end } of jobs) end();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('turns away who finds no place, and takes the next when there is one', async () => {
    const queue = new HashQueue(1, 1);
    const first = job();
    const running = queue.run(() => first.ended);
    const waiting = queue.run(async () => 'waited');
    await expect(queue.run(async () => 'late')).rejects.toMatchObject({ code: 'unavailable', retryAfter: 2 });
    first.end();
    await running;
    expect(await waiting).toBe('waited');
    expect(await queue.run(async () => 'free again')).toBe('free again');
  });

  it('goes on after work that failed', async () => {
    const queue = new HashQueue(1, 5);
    const failing = queue.run(async () => {
      throw new Error('no memory');
    });
    const next = queue.run(async () => 'next');
    await expect(failing).rejects.toThrow('no memory');
    expect(await next).toBe('next');
  });
});
