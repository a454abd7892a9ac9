import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import type { Friend } from '../../src/realtime/wire.js';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import { friends, Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { TwoNodes } from '../support/two-nodes.js';

const GRACE = 1500;

/** Settings that make the clock of a process wrong by so many milliseconds. */
function wrongBy(ms: number): Record<string, string> {
  const program = `globalThis.Date = new Proxy(Date, {
    construct: (date, args, target) => Reflect.construct(date, args.length ? args : [date.now() + ${ms}], target),
    get: (date, key) => (key === 'now' ? () => date.now() + ${ms} : date[key]),
  })`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
}

let nodes: TwoNodes;
let processes: ServiceProcesses;
let ann: Person;
let bob: Person;
/** Friends of Bob, one for each node: their coming is a mark behind what the node had to tell before. */
let marks: Person[];

/** How a friend looks in somebody's list. */
async function looks(viewer: Person, subject: Person): Promise<Pick<Friend, 'isOnline' | 'lastSeen'>> {
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

async function storedLastSeen({ id }: Person): Promise<Date | null | undefined> {
  const users = nodes.here.db.collection('users');
  return (await users.findOne<{ lastSeen?: Date }>({ _id: new mongo.ObjectId(id) }))?.lastSeen;
}

/** Another node of the same service, as a process of its own. */
function anotherNode(settings: Record<string, string> = {}): Promise<ServiceProcess> {
  const { MONGODB_URI, JWT_SECRET } = nodes.here.config;
  return processes.start({
    MONGODB_URI: MONGODB_URI as string,
    JWT_SECRET: JWT_SECRET as string,
    REDIS_URL: nodes.redis.url,
    PRESENCE_GRACE_MS: String(GRACE),
    ...settings,
  });
}

/** Waits until each node has told this device all that it had to tell it by now. */
async function settle(...devices: Device[]): Promise<void> {
  for (const mark of marks) {
    const device = await mark.connects();
    for (const isThere of [true, false]) {
      if (!isThere) device.close();
      await Promise.all(
        devices.map((hearer) =>
          hearer.hears('userStatus', ({ userId, isOnline }) => userId === mark.id && isOnline === isThere),
        ),
      );
    }
  }
}

(HAS_REDIS ? describe : describe.skip)('Presence over nodes', () => {
  /** Bob's devices, one on each node. */
  let here: Device;
  let there: Device;

  beforeAll(async () => {
    nodes = await TwoNodes.start({ PRESENCE_GRACE_MS: String(GRACE) });
    processes = await ServiceProcesses.inFolder();
  });
  beforeEach(async () => {
    ({ ann, bob } = await friends(nodes.here.url));
    marks = [];
    for (const { url } of [nodes.here, nodes.there]) {
      const mark = await Person.signUp(url, 'Mark');
      await mark.befriends(bob);
      marks.push(mark);
    }
    here = await bob.connects();
    there = await bob.at(nodes.there.url).connects();
  });
  afterEach(() => {
    for (const device of [here, there]) device.close();
    for (const person of [ann, bob, ...marks]) person.leaves();
  });
  afterAll(async () => {
    await processes.end();
    await nodes.stop();
  });

  test('a friend hears once on every node that someone came, and once that they went', async () => {
    const anns = await ann.connects();
    const came = await Promise.all([here.hears('userStatus'), there.hears('userStatus')]);
    expect(came[0]).toMatchObject({ userId: ann.id, isOnline: true });
    expect(came[1]).toEqual(came[0]);
    for (const viewer of [bob, bob.at(nodes.there.url)]) {
      expect(await looks(viewer, ann)).toEqual({ isOnline: true, lastSeen: came[0].lastSeen });
    }
    anns.close();
    const went = await Promise.all([here.hears('userStatus'), there.hears('userStatus')]);
    expect(went[0]).toMatchObject({ userId: ann.id, isOnline: false });
    expect(went[1]).toEqual(went[0]);
    for (const viewer of [bob, bob.at(nodes.there.url)]) {
      expect(await looks(viewer, ann)).toEqual({ isOnline: false, lastSeen: went[0].lastSeen });
    }
    await settle(here, there);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect((await storedLastSeen(ann))?.toISOString()).toBe(went[0].lastSeen);
  });

  test('whoever has devices on two nodes is there until the last is gone', async () => {
    const phone = await ann.connects();
    const laptop = await ann.at(nodes.there.url).connects();
    await here.hears('userStatus');
    phone.close();
    await delay(GRACE);
    await settle(here, there);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([[true], [true]]);
    expect((await looks(bob, ann)).isOnline).toBe(true);
    laptop.close();
    await Promise.all(
      [here, there].map((device) =>
        device.hears('userStatus', ({ isOnline, userId }) => !isOnline && userId === ann.id),
      ),
    );
    await settle(here, there);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([
      [true, false],
      [true, false],
    ]);
  });

  test('moving to another node within the grace is not told', async () => {
    const first = await ann.connects();
    const { lastSeen } = await here.hears('userStatus');
    first.close();
    const second = await ann.at(nodes.there.url).connects();
    await delay(GRACE);
    await settle(here, there);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([[true], [true]]);
    for (const viewer of [bob, bob.at(nodes.there.url)]) {
      expect(await looks(viewer, ann)).toEqual({ isOnline: true, lastSeen });
    }
    second.close();
  });

  test('a block freezes what the two see on every node', async () => {
    const anns = await ann.at(nodes.there.url).connects();
    await here.hears('userStatus');
    await bob.blocks(ann);
    const frozen = await anns.hears('userStatus', ({ userId, isOnline }) => userId === bob.id && !isOnline);
    expect(await looks(ann.at(nodes.there.url), bob)).toEqual({ isOnline: false, lastSeen: frozen.lastSeen });
    anns.close();
    await delay(GRACE);
    await settle(here, there);
    expect(toldOf(here, ann)).toEqual([true, false]);
  });

  test('Redis killed and back: nobody is taken for gone, and what comes afterwards is told', async () => {
    const anns = await ann.at(nodes.there.url).connects();
    await here.hears('userStatus');
    await nodes.redis.kill();
    await eventually(() => nodes.areDegraded(true));
    expect((await looks(ann, bob)).isOnline).toBe(true);
    await nodes.redis.restart();
    await eventually(() => nodes.areDegraded(false));
    await eventually(async () => (await looks(bob, ann)).isOnline);
    anns.close();
    await Promise.all([here.hears('userStatus'), there.hears('userStatus')]);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect((await looks(bob, ann)).isOnline).toBe(false);
  });

  test('a node killed: its people are gone within the lease, but for those who come back elsewhere', async () => {
    const cat = await Person.signUp(nodes.here.url, 'Cat');
    await cat.befriends(bob);
    const third = await anotherNode();
    for (const person of [ann, cat]) {
      await person.at(third.url).connects();
      await here.hears('userStatus', ({ userId }) => userId === person.id);
    }
    const came = (await looks(bob, ann)).lastSeen as string;
    await third.isKilled();
    const killedAt = Date.now();
    const back = await cat.at(nodes.there.url).connects();
    await eventually(async () => !(await looks(bob, ann)).isOnline);
    const went = await here.hears('userStatus', ({ userId }) => userId === ann.id);
    expect(went.isOnline).toBe(false);
    const seen = Date.parse(went.lastSeen as string);
    expect(seen).toBeGreaterThanOrEqual(Date.parse(came));
    expect(seen).toBeLessThanOrEqual(killedAt);
    await settle(here, there);
    expect([toldOf(here, ann), toldOf(there, ann)]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect([toldOf(here, cat), toldOf(there, cat)]).toEqual([[true], [true]]);
    expect((await storedLastSeen(ann))?.toISOString()).toBe(went.lastSeen);
    back.close();
  });

  test('a node stopped: whoever comes back elsewhere was never gone, the others are after the grace', async () => {
    const cat = await Person.signUp(nodes.here.url, 'Cat');
    await cat.befriends(bob);
    const third = await anotherNode();
    for (const person of [ann, cat]) {
      await person.at(third.url).connects();
      await here.hears('userStatus', ({ userId }) => userId === person.id);
    }
    const stopped = third.isStopped();
    const back = await cat.at(nodes.there.url).connects();
    expect(await stopped).toEqual({ code: 0, signal: null });
    const went = await here.hears('userStatus', ({ userId }) => userId === ann.id);
    expect(went.isOnline).toBe(false);
    await settle(here, there);
    expect([toldOf(here, cat), toldOf(there, cat)]).toEqual([[true], [true]]);
    back.close();
  });

  test('the clock of a node may be wrong by ten minutes', async () => {
    const [fast, slow] = await Promise.all([anotherNode(wrongBy(600_000)), anotherNode(wrongBy(-600_000))]);
    const start = Date.now();
    // A token must not come from the future, so the one for all nodes comes from the slow one.
    ann = await Person.signUp(slow.url, 'Ann');
    await ann.at(nodes.here.url).befriends(bob);
    const onFast = await ann.at(fast.url).connects();
    await here.hears('userStatus');
    onFast.close();
    const onSlow = await ann.connects();
    await delay(GRACE);
    await settle(here, there);
    expect(toldOf(here, ann)).toEqual([true]);
    // Frozen by the one clock, and seen by the other.
    const blockShows = (isOnline: boolean) =>
      Promise.all([
        onSlow.hears('userStatus', (told) => told.userId === bob.id && told.isOnline === isOnline),
        here.hears('userStatus', (told) => told.userId === ann.id && told.isOnline === isOnline),
      ]);
    await bob.at(fast.url).blocks(ann);
    await blockShows(false);
    expect((await looks(ann, bob)).isOnline).toBe(false);
    await bob.at(fast.url).unblocks(ann);
    await blockShows(true);
    onSlow.close();
    const went = await here.hears('userStatus', ({ userId, isOnline }) => userId === ann.id && !isOnline);
    for (const { lastSeen } of here.all('userStatus')) {
      expect(Date.parse(lastSeen as string)).toBeGreaterThanOrEqual(start - 60_000);
      expect(Date.parse(lastSeen as string)).toBeLessThanOrEqual(Date.now() + 60_000);
    }
    await eventually(async () => (await storedLastSeen(ann))?.toISOString() === went.lastSeen);
  });
});
