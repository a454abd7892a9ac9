import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Realtime } from '../realtime/realtime.js';
import { Liveness } from './liveness.js';
import type { SessionsRepository } from './sessions.repository.js';

const ann = { userId: 'ann', sessionId: 'phone', expiresAt: 0 };
const revoked = { code: 'session_revoked' };

describe('whether a session lives', () => {
  const findOwnerOfAlive = jest.fn<(id: string) => Promise<string | undefined>>();
  const endSessions = jest.fn();
  let liveness: Liveness;
  let now = 0;
  beforeEach(() => {
    findOwnerOfAlive.mockReset().mockResolvedValue('ann');
    endSessions.mockReset();
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    liveness = new Liveness(
      { findOwnerOfAlive } as unknown as SessionsRepository,
      { endSessions } as unknown as Realtime,
    );
  });

  it('is asked of the store once a second, however many ask', async () => {
    await Promise.all([liveness.requireAlive(ann), liveness.requireAlive(ann)]);
    now += 999;
    await liveness.requireAlive(ann);
    expect(findOwnerOfAlive).toHaveBeenCalledTimes(1);
    now += 1;
    findOwnerOfAlive.mockResolvedValue(undefined);
    await expect(liveness.requireAlive(ann)).rejects.toMatchObject(revoked);
    expect(findOwnerOfAlive).toHaveBeenCalledTimes(2);
  });

  it('is asked again after a no and after a failure', async () => {
    findOwnerOfAlive.mockResolvedValueOnce(undefined);
    await expect(liveness.requireAlive(ann)).rejects.toMatchObject(revoked);
    findOwnerOfAlive.mockRejectedValueOnce(new Error('no primary'));
    await expect(liveness.requireAlive(ann)).rejects.toThrow('no primary');
    await liveness.requireAlive(ann);
    expect(findOwnerOfAlive).toHaveBeenCalledTimes(3);
  });

  it('can be asked of the store at this moment', async () => {
    await liveness.requireAlive(ann);
    findOwnerOfAlive.mockResolvedValue(undefined);
    expect(await liveness.isAliveNow(ann)).toBe(false);
    await expect(liveness.requireAlive(ann)).rejects.toMatchObject(revoked);
  });

  it('is a no for anyone but its person', async () => {
    await expect(liveness.requireAlive({ ...ann, userId: 'eve' })).rejects.toMatchObject(revoked);
    expect(await liveness.isAliveNow({ ...ann, userId: 'eve' })).toBe(false);
  });

  it('is a no at once where it was ended here, also for who asked the store just before', async () => {
    await liveness.requireAlive(ann);
    let answer!: (owner: string) => void;
    findOwnerOfAlive.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const underWay = liveness.isAliveNow(ann);
    liveness.end('ann', ['phone']);
    answer('ann');
    expect(await underWay).toBe(false);
    await expect(liveness.requireAlive(ann)).rejects.toMatchObject(revoked);
    expect(liveness.isEnded('phone')).toBe(true);
    expect(endSessions).toHaveBeenCalledWith('ann', ['phone']);
  });

  it('ends the sockets of a session once', () => {
    liveness.end('ann', ['phone']);
    liveness.end('ann', ['phone', 'laptop']);
    expect(endSessions.mock.calls).toEqual([
      ['ann', ['phone']],
      ['ann', ['laptop']],
    ]);
  });
});
