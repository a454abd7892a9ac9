import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SessionUse } from './session-use.js';
import type { SessionsRepository } from './sessions.repository.js';

describe('the use of sessions', () => {
  const recordUse = jest.fn<(ids: string[], at: Date, notSince: Date) => Promise<void>>();
  let use: SessionUse;
  beforeEach(() => {
    jest.useFakeTimers();
    recordUse.mockReset().mockResolvedValue(undefined);
    use = new SessionUse({ recordUse } as unknown as SessionsRepository);
  });
  afterEach(() => {
    use.onModuleDestroy();
    jest.useRealTimers();
  });

  it('is stored gathered, and once a minute each', async () => {
    for (const id of ['phone', 'phone', 'laptop', 'phone']) use.note(id);
    await jest.advanceTimersByTimeAsync(1000);
    const [ids, at, notSince] = recordUse.mock.lastCall ?? [];
    expect(ids).toEqual(['phone', 'laptop']);
    expect(Number(at) - Number(notSince)).toBe(60_000);

    await jest.advanceTimersByTimeAsync(58_000);
    use.note('phone');
    await jest.advanceTimersByTimeAsync(1000);
    expect(recordUse).toHaveBeenCalledTimes(1);
    use.note('phone');
    await jest.advanceTimersByTimeAsync(1000);
    expect(recordUse.mock.lastCall?.[0]).toEqual(['phone']);
  });
});
