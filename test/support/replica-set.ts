import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { freePort, LOOPBACK } from '../../src/database/embedded/loopback.js';
import { mongodBinary } from './mongod-binary.js';
import { Member } from './replica-set-member.js';

const NAME = 'faults';
const NAMES = ['one', 'two', 'three'];

/** Elections after two seconds without a primary, so that a failover does not take the default ten. In ms and s. */
const SETTINGS = {
  electionTimeoutMillis: 2000,
  heartbeatIntervalMillis: 500,
  heartbeatTimeoutSecs: 2,
  catchUpTimeoutMillis: 2000,
};

/** Pause between two looks at the state of the members, in milliseconds. */
const LOOK_AGAIN = 50;

/** A replica set of three real mongods on this machine, whose members can be killed, stopped and held back. */
export class ReplicaSet {
  private readonly client: mongo.MongoClient;

  private constructor(
    readonly members: Member[],
    private readonly folder: string,
  ) {
    this.client = new mongo.MongoClient(this.uri());
  }

  /** Starts three members on free ports and waits until all of them take part. */
  static async start(): Promise<ReplicaSet> {
    const file = await mongodBinary();
    const folder = await mkdtemp(join(tmpdir(), 'r2c-set-'));
    const ports = await Promise.all(NAMES.map(() => freePort()));
    const members = NAMES.map(
      (name, index) => new Member(file, join(folder, name), ports[index] as number, NAME),
    );
    const set = new ReplicaSet(members, folder);
    try {
      await Promise.all(members.map((member) => member.begins()));
      const hosts = members.map(({ host }, _id) => ({ _id, host }));
      await members[0]?.admin({ replSetInitiate: { _id: NAME, members: hosts, settings: SETTINGS } });
      await set.isHealthy();
      return set;
    } catch (error) {
      await set.stop();
      throw error;
    }
  }

  /** The connection string that names a database of the set, or none. */
  uri(database = ''): string {
    const hosts = this.members.map(({ port }) => `${LOOPBACK}:${port}`);
    return `mongodb://${hosts.join(',')}/${database}?replicaSet=${NAME}`;
  }

  /** Looks behind the service. */
  db(name: string): mongo.Db {
    return this.client.db(name, { readConcern: new mongo.ReadConcern('majority') });
  }

  /** The member that takes writes, once there is one. */
  async primary(): Promise<Member> {
    for (;;) {
      for (const member of this.members) if (await member.isPrimary()) return member;
      await delay(LOOK_AGAIN);
    }
  }

  /** Waits until no member takes writes any more. */
  async hasNoPrimary(): Promise<void> {
    for (;;) {
      const are = await Promise.all(this.members.map((member) => member.isPrimary()));
      if (!are.includes(true)) return;
      await delay(LOOK_AGAIN);
    }
  }

  /** The two others, once there is a primary. */
  async secondaries(): Promise<Member[]> {
    const primary = await this.primary();
    return this.members.filter((member) => member !== primary);
  }

  /** Waits until one member is primary and the two others follow it. @throws Error if one has ended by itself */
  async isHealthy(): Promise<void> {
    for (;;) {
      for (const member of this.members) member.mustNotHaveFailed();
      const states = await this.states();
      if (states === 'PRIMARY,SECONDARY,SECONDARY') return;
      await delay(LOOK_AGAIN);
    }
  }

  /** Takes back whatever was done to its members. */
  async heals(): Promise<void> {
    for (const member of this.members) member.recover();
    await Promise.all(this.members.map((member) => member.follows()));
    await this.isHealthy();
  }

  /** A member on a copy of another's data, with a new port; not started, and no part of this set. */
  static async memberOn(data: string): Promise<Member> {
    return new Member(await mongodBinary(), data, await freePort(), NAME);
  }

  /** Waits until this secondary has all that the primary has at this moment. */
  async hasCaughtUp(secondary: Member): Promise<void> {
    const written = async (member: Member) => {
      const { lastWrite } = (await member.admin({ hello: 1 })) as {
        lastWrite: { opTime: { ts: mongo.Timestamp } };
      };
      return lastWrite.opTime.ts;
    };
    const wanted = await written(await this.primary());
    while ((await written(secondary)).lessThan(wanted)) await delay(LOOK_AGAIN);
  }

  /** Lets the primary give up its place, and waits until another has taken it. */
  async stepsDown(): Promise<void> {
    const before = await this.primary();
    await before.admin({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 1, force: true });
    while ((await this.primary()) === before) await delay(LOOK_AGAIN);
  }

  /** Ends all members and removes their data. */
  async stop(): Promise<void> {
    await this.client.close();
    await Promise.all(this.members.map((member) => member.end()));
    await rm(this.folder, { recursive: true, force: true });
  }

  private async states(): Promise<string> {
    const primary = await this.primary();
    const { members } = (await primary.admin({ replSetGetStatus: 1 })) as { members: { stateStr: string }[] };
    return members
      .map(({ stateStr }) => stateStr)
      .toSorted()
      .join(',');
  }
}
