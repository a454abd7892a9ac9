import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import type { Friend } from '../src/realtime/wire.js';
import type { Device } from './support/device.js';
import { friends, Person } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

const GRACE = 300;

/** How a friend looks in somebody's list. */
async function looks(
  viewer: Person,
  subject: Person,
): Promise<{ isOnline: boolean; lastSeen: string | null }> {
  const { body } = await viewer.get<{ friends: Friend[] }>('/api/friends');
  const friend = body.friends.find(({ _id }) => _id === subject.id);
  if (!friend) throw new Error('Not a friend');
  return { isOnline: friend.isOnline, lastSeen: friend.lastSeen };
}

/** What this device was told of somebody so far. */
function toldOf(device: Device, subject: Person): boolean[] {
  return device
    .all('userStatus')
    .filter(({ userId }) => userId === subject.id)
    .map(({ isOnline }) => isOnline);
}

async function storedLastSeen({ db }: RunningApp, { id }: Person): Promise<Date | null | undefined> {
  const row = await db.collection('users').findOne<{ lastSeen?: Date }>({ _id: new mongo.ObjectId(id) });
  return row?.lastSeen;
}

describe('presence', () => {
  let running: RunningApp;
  let ann: Person;
  let bob: Person;
  /** A friend of both: whatever is told of presence goes in one line, so their coming is a mark behind the rest. */
  let mark: Person;

  beforeAll(async () => {
    running = await startApp({ PRESENCE_GRACE_MS: String(GRACE) });
  });
  afterAll(() => running.stop());
  beforeEach(async () => {
    ({ ann, bob } = await friends(running.url));
    mark = await Person.signUp(running.url, 'Mark');
    await mark.befriends(ann);
    await mark.befriends(bob);
  });
  afterEach(() => [ann, bob, mark].forEach((person) => person.leaves()));

  /** Waits until all that was to be told to these devices has been told. */
  async function settle(...devices: Device[]): Promise<void> {
    const device = await mark.connects();
    await Promise.all(
      devices.map((hearer) =>
        hearer.hears('userStatus', ({ userId, isOnline }) => userId === mark.id && isOnline),
      ),
    );
    device.close();
    await Promise.all(
      devices.map((hearer) =>
        hearer.hears('userStatus', ({ userId, isOnline }) => userId === mark.id && !isOnline),
      ),
    );
  }

  it('is null for someone who was never there', async () => {
    expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: null });
  });

  it('is told to friends when someone comes and, once, when they went', async () => {
    const phone = await ann.connects();
    const hers = await bob.connects();
    const came = await phone.hears('userStatus');
    expect(came).toEqual({ userId: bob.id, isOnline: true, lastSeen: expect.any(String) });
    expect(await looks(ann, bob)).toEqual({ isOnline: true, lastSeen: came.lastSeen });

    const before = Date.now();
    hers.close();
    expect((await looks(ann, bob)).isOnline).toBe(true);
    const went = await phone.hears('userStatus');
    expect(Date.now() - before).toBeGreaterThanOrEqual(GRACE - 5);
    expect(went).toMatchObject({ userId: bob.id, isOnline: false });
    // When they went, not when it was told: that is the grace later.
    expect(Date.now() - Date.parse(went.lastSeen ?? '')).toBeGreaterThanOrEqual(GRACE - 5);
    expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: went.lastSeen });
    await settle(phone);
    expect(toldOf(phone, bob)).toEqual([true, false]);
  });

  it('does not change while another device is there, or when one is back within the grace', async () => {
    const phone = await ann.connects();
    const first = await bob.connects();
    const second = await bob.connects();
    first.close();
    await settle(phone);
    second.close();
    await bob.connects();
    await settle(phone);
    await delay(GRACE);
    await settle(phone);
    expect(toldOf(phone, bob)).toEqual([true]);
    expect((await looks(ann, bob)).isOnline).toBe(true);
  });

  it('is nothing to strangers, nor to former friends', async () => {
    const stranger = await Person.signUp(running.url, 'Stranger');
    await mark.befriends(stranger);
    const theirs = await stranger.connects();
    const phone = await ann.connects();
    await ann.delete(`/api/friends/${bob.id}`);
    await bob.connects();
    await settle(phone, theirs);
    expect(toldOf(phone, bob)).toEqual([]);
    expect(toldOf(theirs, bob)).toEqual([]);
    stranger.leaves();
  });

  it('is stored when someone comes', async () => {
    await bob.connects();
    while (!(await storedLastSeen(running, bob))) await delay(10);
  });

  describe('behind a block', () => {
    let phone: Device;
    let hers: Device;

    beforeEach(async () => {
      phone = await ann.connects();
      hers = await bob.connects();
      await phone.hears('userStatus', ({ userId }) => userId === bob.id);
    });

    it('goes offline for both like anyone, and stands still', async () => {
      const before = Date.now();
      await bob.blocks(ann);
      expect((await looks(ann, bob)).isOnline).toBe(true);
      const [annHears, bobHears] = await Promise.all([phone.hears('userStatus'), hers.hears('userStatus')]);
      expect(Date.now() - before).toBeGreaterThanOrEqual(GRACE - 5);
      expect(annHears).toEqual({ userId: bob.id, isOnline: false, lastSeen: expect.any(String) });
      expect(bobHears).toEqual({ userId: ann.id, isOnline: false, lastSeen: annHears.lastSeen });
      const blockedAt = Date.parse(annHears.lastSeen ?? '');
      expect(blockedAt).toBeGreaterThanOrEqual(before);
      expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: annHears.lastSeen });
      expect(await looks(bob, ann)).toEqual({ isOnline: false, lastSeen: annHears.lastSeen });

      hers.close();
      await settle(phone);
      await bob.connects();
      await settle(phone);
      expect(toldOf(phone, bob)).toEqual([true, false]);
      expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: annHears.lastSeen });
      expect((await looks(mark, bob)).isOnline).toBe(true);
    });

    it('keeps an old last-seen time of someone who was away', async () => {
      hers.close();
      const went = await phone.hears('userStatus');
      await bob.blocks(ann);
      await bob.connects();
      await settle(phone);
      expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: went.lastSeen });
      expect(toldOf(phone, bob)).toEqual([true, false]);
    });

    it('comes back with unblocking', async () => {
      await bob.blocks(ann);
      await Promise.all([phone.hears('userStatus'), hers.hears('userStatus')]);
      await bob.unblocks(ann);
      expect(await phone.hears('userStatus')).toMatchObject({ userId: bob.id, isOnline: true });
      expect(await hers.hears('userStatus')).toMatchObject({ userId: ann.id, isOnline: true });
      expect((await looks(ann, bob)).isOnline).toBe(true);
    });

    it('shows nothing of a block that is lifted within the grace', async () => {
      await bob.blocks(ann);
      await bob.unblocks(ann);
      await delay(GRACE);
      await settle(phone, hers);
      expect(toldOf(phone, bob)).toEqual([true]);
      expect((await looks(ann, bob)).isOnline).toBe(true);
    });

    it('shows what changed meanwhile when it is lifted', async () => {
      await bob.blocks(ann);
      await phone.hears('userStatus');
      hers.close();
      await settle(phone);
      await delay(GRACE);
      await bob.unblocks(ann);
      const truth = await phone.hears('userStatus', ({ userId }) => userId === bob.id);
      expect(truth).toMatchObject({ isOnline: false });
      expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen: truth.lastSeen });
    });

    it('stays as it is while one of two mutual blocks stands', async () => {
      await bob.blocks(ann);
      const { lastSeen } = await phone.hears('userStatus');
      await ann.blocks(bob);
      await bob.unblocks(ann);
      await delay(GRACE);
      await settle(phone, hers);
      expect(await looks(ann, bob)).toEqual({ isOnline: false, lastSeen });
      expect(toldOf(phone, bob)).toEqual([true, false]);
      await ann.unblocks(bob);
      expect(await phone.hears('userStatus')).toMatchObject({ userId: bob.id, isOnline: true });
    });

    it('is told once where both block each other within the grace', async () => {
      await Promise.all([bob.blocks(ann), ann.blocks(bob)]);
      await phone.hears('userStatus');
      await delay(GRACE);
      await settle(phone, hers);
      expect(toldOf(phone, bob)).toEqual([true, false]);
      expect(toldOf(hers, ann)).toEqual([false]);
    });
  });
});

describe('presence at shutdown', () => {
  it('stores when those online were last seen', async () => {
    const running = await startApp();
    const ann = await Person.signUp(running.url, 'Ann');
    await ann.connects();
    const before = new Date();
    await delay(20);
    await running.app.close();
    const lastSeen = await storedLastSeen(running, ann);
    expect(lastSeen?.getTime()).toBeGreaterThan(before.getTime());
    await running.stop();
  });
});
