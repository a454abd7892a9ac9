import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { eventually } from '../../test/support/eventually.js';
import { HAS_REDIS, RedisServer } from '../../test/support/redis.js';
import { newId } from '../database/ids.js';
import { RedisLink } from '../redis/redis-link.js';
import type { PresenceChange } from './leases.js';
import { RedisLeases } from './redis-leases.js';

const GRACE = 300;
const LEASE = 1000;

/** What was told of somebody, and by which node. */
interface Told {
  node: string;
  change: PresenceChange;
}

let redis: RedisServer;
let nodes: Node[] = [];
let told: Told[] = [];

class Node {
  private constructor(
    readonly link: RedisLink,
    readonly leases: RedisLeases,
  ) {}

  static async start(name: string, leaseMs = LEASE): Promise<Node> {
    const link = new RedisLink(redis.url);
    await link.open();
    const leases = new RedisLeases(link, { graceMs: GRACE, leaseMs });
    leases.onChange((change) => told.push({ node: name, change }));
    leases.open();
    const node = new Node(link, leases);
    nodes.push(node);
    return node;
  }

  /** Nothing of it reaches Redis any more, as if it were gone or held up. @returns what ends that */
  isCutOff(): () => void {
    const cut = jest.spyOn(this.link.commands, 'evalsha').mockRejectedValue(new Error('cut off'));
    return () => cut.mockRestore();
  }

  async isOnline(userId: string): Promise<boolean> {
    return (await this.leases.find([userId])).get(userId)?.isOnline ?? false;
  }

  async stop(): Promise<void> {
    await this.leases.close();
    await this.link.close();
  }
}

/** Ids whose people are in one part, so that what is told of one comes behind what is told of the others. */
function neighbours(count: number): string[] {
  const end = newId().slice(-4);
  return Array.from({ length: count }, () => randomBytes(10).toString('hex') + end);
}

/** Whether somebody was told to be online or offline, one after the other, by any node. */
function toldOf(userId: string): boolean[] {
  return told.filter(({ change }) => change.userId === userId).map(({ change }) => change.isOnline);
}

/** Waits until everything was told that had to be by now: somebody else comes and goes behind it. */
async function settle(node: Node, mark: string): Promise<void> {
  node.leases.take(mark);
  await eventually(() => toldOf(mark).includes(true));
  node.leases.release(mark);
  await eventually(() => toldOf(mark).includes(false));
  told = told.filter(({ change }) => change.userId !== mark);
}

(HAS_REDIS ? describe : describe.skip)('Leases in Redis', () => {
  let here: Node;
  let there: Node;
  let ann: string;
  let bob: string;
  let mark: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    told = [];
    [ann, bob, mark] = neighbours(3) as [string, string, string];
    here = await Node.start('here');
    there = await Node.start('there');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
  });
  afterAll(() => redis.stop());

  it('are told of once for somebody with devices on two nodes, when the first comes and the last is gone', async () => {
    here.leases.take(ann);
    await eventually(() => toldOf(ann).length === 1);
    there.leases.take(ann);
    await settle(there, mark);
    here.leases.release(ann);
    await delay(GRACE);
    await settle(there, mark);
    expect(toldOf(ann)).toEqual([true]);
    expect(await here.isOnline(ann)).toBe(true);
    there.leases.release(ann);
    await eventually(() => toldOf(ann).length === 2);
    await settle(here, mark);
    expect(toldOf(ann)).toEqual([true, false]);
    expect([await here.isOnline(ann), await there.isOnline(ann)]).toEqual([false, false]);
  });

  it('say on every node the same of when somebody came, and of when they left', async () => {
    here.leases.take(ann);
    await eventually(() => toldOf(ann).length === 1);
    there.leases.take(ann);
    const cameAt = told[0]?.change.lastSeen;
    await settle(there, mark);
    for (const { leases } of [here, there]) {
      expect((await leases.find([ann])).get(ann)).toEqual({ isOnline: true, lastSeen: cameAt });
    }
    here.leases.release(ann);
    there.leases.release(ann);
    await eventually(() => toldOf(ann).length === 2);
    const leftAt = told.at(-1)?.change.lastSeen;
    for (const { leases } of [here, there]) {
      expect((await leases.find([ann])).get(ann)).toEqual({ isOnline: false, lastSeen: leftAt });
    }
    here.leases.stored([ann], leftAt as Date);
    await eventually(async () => !(await here.leases.find([ann])).has(ann));
  });

  it('tell nothing of somebody who moves from node to node within the grace', async () => {
    here.leases.take(ann);
    await eventually(() => toldOf(ann).length === 1);
    for (let move = 0; move < 6; move += 1) {
      const [from, to] = move % 2 === 0 ? [here, there] : [there, here];
      from.leases.release(ann);
      await delay(GRACE / 6);
      to.leases.take(ann);
      await delay(GRACE);
    }
    await delay(GRACE);
    await settle(here, mark);
    expect(toldOf(ann)).toEqual([true]);
  });

  it('of a node that is gone end, for those who are nowhere else, and are told of by another', async () => {
    here.leases.take(ann);
    here.leases.take(bob);
    there.leases.take(bob);
    await eventually(() => toldOf(ann).length === 1 && toldOf(bob).length === 1);
    const cameAt = told.find(({ change }) => change.userId === ann)?.change.lastSeen as Date;
    here.isCutOff();
    await eventually(() => toldOf(ann).length === 2);
    const { node, change } = told.at(-1) as Told;
    expect({ node, change }).toMatchObject({ node: 'there', change: { userId: ann, isOnline: false } });
    expect(change.lastSeen?.getTime()).toBeGreaterThanOrEqual(cameAt.getTime());
    await settle(there, mark);
    expect(toldOf(bob)).toEqual([true]);
    there.leases.release(bob);
    await eventually(() => toldOf(bob).length === 2);
  });

  it('of a node that was only held up are there again when it goes on', async () => {
    here.leases.take(ann);
    await eventually(() => toldOf(ann).length === 1);
    const goOn = here.isCutOff();
    await eventually(() => toldOf(ann).length === 2);
    goOn();
    await eventually(() => toldOf(ann).length === 3);
    expect(toldOf(ann)).toEqual([true, false, true]);
    expect(await there.isOnline(ann)).toBe(true);
  });

  it('are let go by a node that stops, and its people are gone after the grace unless they come back', async () => {
    // A lease that is longer than this test waits: what ends is what was let go.
    const [stops, stays] = [await Node.start('stops', 60_000), there];
    stops.leases.take(ann);
    stops.leases.take(bob);
    await eventually(() => toldOf(ann).length === 1 && toldOf(bob).length === 1);
    await stops.stop();
    stays.leases.take(bob);
    await eventually(() => toldOf(ann).length === 2);
    await settle(stays, mark);
    expect(toldOf(bob)).toEqual([true]);
    expect(await stays.isOnline(bob)).toBe(true);
  });

  it('confirm a change unless another node has overtaken it', async () => {
    const came = { userId: ann, isOnline: true };
    const went = { userId: ann, isOnline: false };
    expect(await here.leases.confirm([came, went])).toEqual([went]);
    there.leases.take(ann);
    await eventually(() => toldOf(ann).length === 1);
    expect(await here.leases.confirm([came, went])).toEqual([came]);
  });

  it('keep when somebody left until that is stored, whoever was to store it', async () => {
    here.leases.take(ann);
    here.leases.release(ann);
    await eventually(() => toldOf(ann).length === 2);
    const leftAt = told.at(-1)?.change.lastSeen as Date;
    expect((await there.leases.find([ann])).get(ann)).toEqual({ isOnline: false, lastSeen: leftAt });
    // What is stored is older: somebody came and went again meanwhile.
    here.leases.stored([ann], new Date(leftAt.getTime() - 1));
    expect((await here.leases.find([ann])).has(ann)).toBe(true);
    jest.spyOn(here.leases, 'now').mockReturnValue(new Date(leftAt.getTime() + 3_600_000));
    expect((await here.leases.lastSeen()).get(ann)).toEqual(leftAt);
    here.leases.stored([ann], leftAt);
    await eventually(async () => !(await there.leases.find([ann])).has(ann));
  });

  it('are put back when Redis has lost its data, and nobody is taken for gone', async () => {
    here.leases.take(ann);
    there.leases.take(bob);
    await eventually(() => toldOf(ann).length === 1 && toldOf(bob).length === 1);
    await there.link.commands.flushall();
    await eventually(async () => (await there.isOnline(ann)) && (await here.isOnline(bob)));
    await delay(2 * LEASE);
    await settle(here, mark);
    expect([toldOf(ann), toldOf(bob)]).toEqual([[true], [true]]);
    here.leases.release(ann);
    await eventually(() => toldOf(ann).length === 2);
  });

  it('tell nothing false when Redis goes and comes back, and what happened meanwhile', async () => {
    const [eve, joe, kim] = [newId(), newId(), newId()];
    for (const id of [ann, eve, joe, kim]) here.leases.take(id);
    for (const id of [bob, kim]) there.leases.take(id);
    await eventually(() => [ann, bob, eve, joe, kim].every((id) => toldOf(id).length === 1));
    await redis.kill();
    try {
      await eventually(() => !here.link.isUp && !there.link.isUp);
      // Eve leaves, Joe leaves and comes to the other node, Kim has a device there, and the one of the mark comes.
      for (const id of [eve, joe, kim]) here.leases.release(id);
      there.leases.take(joe);
      here.leases.take(mark);
      await eventually(
        () => [eve, joe, kim].every((id) => toldOf(id).includes(false)) && toldOf(mark).length === 1,
      );
      expect((await here.leases.find([ann])).get(ann)?.isOnline).toBe(true);
    } finally {
      await redis.restart();
    }
    await eventually(() => toldOf(mark).length === 2);
    await eventually(async () => (await there.isOnline(ann)) && (await here.isOnline(bob)));
    await eventually(() => toldOf(eve).length === 3 && [joe, kim].every((id) => toldOf(id).at(-1)));
    await delay(2 * LEASE);
    expect([toldOf(ann), toldOf(bob)]).toEqual([[true], [true]]);
    expect([eve, joe, kim, mark].map((id) => toldOf(id).at(-1))).toEqual([false, true, true, true]);
    expect(await Promise.all([eve, joe, kim, mark].map((id) => there.isOnline(id)))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    here.leases.release(ann);
    await eventually(() => toldOf(ann).length === 2);
  });

  it('outlive a Redis that hangs for longer than they last, also where one node is back before the other', async () => {
    const lease = 3 * LEASE;
    const [early, late] = [await Node.start('early', lease), await Node.start('late', lease)];
    await Promise.all([here, there].map((node) => node.stop()));
    early.leases.take(ann);
    late.leases.take(bob);
    await eventually(() => toldOf(ann).length === 1 && toldOf(bob).length === 1);
    redis.hang();
    let goOn: () => void;
    try {
      await eventually(() => !early.link.isUp && !late.link.isUp);
      await delay(lease);
      goOn = late.isCutOff();
    } finally {
      redis.wake();
    }
    await eventually(() => early.link.isUp);
    await delay(lease / 6);
    goOn();
    await eventually(async () => (await late.isOnline(ann)) && (await early.isOnline(bob)));
    await delay(2 * lease);
    expect([toldOf(ann), toldOf(bob)]).toEqual([[true], [true]]);
  });

  it.each([10, -10])(
    'go by the time of Redis where the clock of a node is wrong by %d minutes',
    async (minutes) => {
      const now = Date.now();
      jest.spyOn(Date, 'now').mockReturnValue(now + minutes * 60_000);
      here.leases.take(ann);
      await eventually(() => toldOf(ann).length === 1);
      there.leases.take(ann);
      here.leases.release(ann);
      there.leases.release(ann);
      await eventually(() => toldOf(ann).length === 2);
      for (const { change } of told) {
        expect(Math.abs((change.lastSeen?.getTime() ?? 0) - now)).toBeLessThan(60_000);
      }
    },
  );

  it('come out even when many people come and go on three nodes at once', async () => {
    const everywhere = [here, there, await Node.start('third')];
    const people = Array.from({ length: 20 }, () => newId());
    const where = new Map(people.map((id) => [id, new Set<Node>()]));
    for (let step = 0; step < 600; step += 1) {
      const id = people[Math.floor(Math.random() * people.length)] as string;
      const node = everywhere[step % 3] as Node;
      const theirs = where.get(id) as Set<Node>;
      if (theirs.delete(node)) node.leases.release(id);
      else {
        theirs.add(node);
        node.leases.take(id);
      }
      if (step % 3 === 0) await delay(5);
    }
    for (const [id, theirs] of where) for (const { leases } of theirs) leases.release(id);
    await eventually(async () => {
      const online = await Promise.all(people.map((id) => here.isOnline(id)));
      return online.every((isOnline) => !isOnline);
    });
    await settle(here, mark);
    for (const id of people) {
      const all = toldOf(id);
      expect(all.filter((isOnline) => isOnline)).toHaveLength(all.length / 2);
    }
  });
});
