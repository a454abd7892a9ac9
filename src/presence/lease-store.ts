import type { RedisLink } from '../redis/redis-link.js';
import { EMPTY, FORGET, LEAVE, RENEW, SWEEP, TAKE } from './lease-scripts.js';
import type { PresenceState } from './presence.js';
import type { SharedClock } from './shared-clock.js';

/** People that one script is about at most. */
const TOGETHER = 500;

/** A person and a moment. */
export interface Moment {
  userId: string;
  at: Date;
}

/**
 * What one part of the people has in Redis, all under one hash tag, so that a cluster keeps it in one place:
 * - `nodes`, a sorted set: until when the lease of each node lasts
 * - `node:<id>`, a set: who has a socket there
 * - `counts`, a hash: on how many nodes each is
 * - `came`, a hash: since when each is online
 * - `leaving`, a sorted set: who is nowhere any more, since when; online until the grace is over
 * - `left`, a sorted set: who went offline when, until that is stored
 * - `epoch`: when the first of all this was written, so that it shows when Redis has lost it
 */
export class LeaseStore {
  private readonly prefix: string;

  /**
   * @param part - which of the parts, from 0
   * @param node - this node
   * @param leaseMs - how long a node counts as alive that is not heard of, in milliseconds
   */
  constructor(
    private readonly redis: RedisLink,
    private readonly clock: SharedClock,
    part: number,
    private readonly node: string,
    private readonly leaseMs: number,
  ) {
    this.prefix = `reals2chat:presence:{${part}}:`;
  }

  /** Whether Redis answers. */
  get isUp(): boolean {
    return this.redis.isUp;
  }

  /**
   * Renews the lease of this node.
   *
   * @returns whether it had not ended, and the epoch
   */
  async renew(): Promise<{ wasAlive: boolean; epoch: string }> {
    const askedAt = performance.now();
    const keys = [this.key('nodes'), this.key('epoch')];
    const answer = await RENEW.run(this.redis.commands, keys, [this.node, this.leaseMs]);
    const [now, wasAlive, epoch] = answer as [number, number, string];
    this.clock.set(now, askedAt);
    return { wasAlive: wasAlive === 1, epoch };
  }

  /**
   * These people are here.
   *
   * @param came - when; somebody who was online already came earlier
   * @returns for each whether they were not, and when they came; `undefined` if this node has no lease
   */
  async take(came: Moment[]): Promise<{ isNew: boolean; cameAt: Date }[] | undefined> {
    const answers = (await TAKE.run(this.redis.commands, this.peopleKeys(this.node), [
      this.node,
      ...came.flatMap(({ userId, at }) => [userId, at.getTime()]),
    ])) as (number | string)[] | null;
    if (!answers) return undefined;
    return came.map((_, index) => ({
      isNew: answers[2 * index] === 1,
      cameAt: new Date(Number(answers[2 * index + 1])),
    }));
  }

  /**
   * These people are not here any more.
   *
   * @returns for each since when they are online if they are on another node; `undefined` if this node has no lease
   */
  async leave(left: Moment[]): Promise<(Date | undefined)[] | undefined> {
    const answers = (await LEAVE.run(this.redis.commands, this.peopleKeys(this.node), [
      this.node,
      ...left.flatMap(({ userId, at }) => [userId, at.getTime()]),
    ])) as string[] | null;
    return answers?.map((cameAt) => (cameAt ? new Date(Number(cameAt)) : undefined));
  }

  /**
   * Takes away some of those whose grace is over: whoever does it tells so.
   *
   * @returns who left when, and the nodes whose lease has ended; `undefined` if this node has no lease
   */
  async sweep(graceMs: number): Promise<{ ended: Moment[]; dead: string[] } | undefined> {
    const keys = ['nodes', 'came', 'leaving', 'left'].map((name) => this.key(name));
    const answer = await SWEEP.run(this.redis.commands, keys, [this.node, graceMs, TOGETHER]);
    if (!answer) return undefined;
    const [over, dead] = answer as [string[], string[]];
    return { ended: momentsOf(over), dead };
  }

  /** Lets go of everybody on a node whose lease has ended. */
  async reap(node: string): Promise<void> {
    await this.empty(node, false);
  }

  /** Lets go of everybody on this node, and of its lease. */
  async leaveAll(): Promise<void> {
    await this.empty(this.node, true);
  }

  /** Those of these people who are online, or who left and whose time is not stored yet. */
  async find(userIds: string[]): Promise<Map<string, PresenceState>> {
    const { commands } = this.redis;
    const [came, left] = await Promise.all([
      commands.hmget(this.key('came'), ...userIds),
      commands.zmscore(this.key('left'), ...userIds),
    ]);
    const found = new Map<string, PresenceState>();
    for (const [index, id] of userIds.entries()) {
      const lastSeen = came[index] ?? left[index];
      if (lastSeen) found.set(id, { isOnline: Boolean(came[index]), lastSeen: new Date(Number(lastSeen)) });
    }
    return found;
  }

  /** Some of those who left before this moment and whose time is not stored yet. */
  async unstored(before: Date): Promise<Moment[]> {
    const key = this.key('left');
    const userIds = await this.redis.commands.zrangebyscore(
      key,
      '-inf',
      before.getTime(),
      'LIMIT',
      0,
      TOGETHER,
    );
    if (userIds.length === 0) return [];
    const left = await this.redis.commands.zmscore(key, ...userIds);
    return userIds.map((userId, index) => ({ userId, at: new Date(Number(left[index] ?? 0)) }));
  }

  /** That these people left is stored up to this moment. */
  async forget(userIds: string[], until: Date): Promise<void> {
    await FORGET.run(this.redis.commands, [this.key('left')], [until.getTime(), ...userIds]);
  }

  private async empty(node: string, stops: boolean): Promise<void> {
    const args = [node, this.leaseMs, TOGETHER, stops ? 1 : 0];
    while ((await EMPTY.run(this.redis.commands, this.peopleKeys(node), args)) !== 0);
  }

  private peopleKeys(node: string): string[] {
    return ['nodes', `node:${node}`, 'came', 'counts', 'leaving'].map((name) => this.key(name));
  }

  private key(name: string): string {
    return this.prefix + name;
  }
}

/** @param flat - ids, each followed by its moment */
function momentsOf(flat: string[]): Moment[] {
  const moments: Moment[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    moments.push({ userId: flat[index] as string, at: new Date(Number(flat[index + 1])) });
  }
  return moments;
}
