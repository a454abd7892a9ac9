import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Liveness } from './liveness.js';
import { RevocationWatch } from './revocation-watch.js';
import type { EndedSession, SessionsRepository } from './sessions.repository.js';

describe('the look for sessions revoked elsewhere', () => {
  const findRevokedSince = jest.fn<(moment: Date) => Promise<EndedSession[]>>();
  const end = jest.fn();
  const warn = jest.spyOn(Logger.prototype, 'warn');
  let watch: RevocationWatch;
  beforeEach(() => {
    jest.useFakeTimers();
    warn.mockReset().mockReturnValue(undefined);
    end.mockReset();
    findRevokedSince.mockReset().mockResolvedValue([]);
    watch = new RevocationWatch(
      { findRevokedSince } as unknown as SessionsRepository,
      { end } as unknown as Liveness,
    );
    watch.onApplicationBootstrap();
  });
  afterEach(() => {
    watch.onModuleDestroy();
    jest.useRealTimers();
  });

  it('ends what it finds, by person', async () => {
    findRevokedSince.mockResolvedValue([
      { _id: 'phone', userId: 'ann' },
      { _id: 'tablet', userId: 'bob' },
      { _id: 'laptop', userId: 'ann' },
    ]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(end.mock.calls).toEqual([
      ['ann', ['phone', 'laptop']],
      ['bob', ['tablet']],
    ]);
  });

  it('goes on through failures, says so once, and then reaches back to its last success', async () => {
    await jest.advanceTimersByTimeAsync(1000);
    const lastSuccess = Date.now();
    findRevokedSince.mockRejectedValue(new Error('no primary'));
    await jest.advanceTimersByTimeAsync(300_000);
    expect(findRevokedSince).toHaveBeenCalledTimes(301);
    expect(warn).toHaveBeenCalledTimes(1);

    findRevokedSince.mockResolvedValue([]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(findRevokedSince.mock.lastCall?.[0].getTime()).toBe(lastSuccess - 60_000);
    findRevokedSince.mockRejectedValue(new Error('no primary'));
    await jest.advanceTimersByTimeAsync(1000);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('stops, also in the middle of a look', async () => {
    let fail!: (error: Error) => void;
    findRevokedSince.mockReturnValue(new Promise((_, reject) => (fail = reject)));
    await jest.advanceTimersByTimeAsync(1000);
    watch.onModuleDestroy();
    fail(new Error('closed'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(findRevokedSince).toHaveBeenCalledTimes(1);
    expect(warn).not.toHaveBeenCalled();
  });
});
