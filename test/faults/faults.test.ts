import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CarelessWriters } from '../support/careless-writers.js';
import { complaintsAbout } from '../support/checker.js';
import { Choices } from '../support/choices.js';
import { type Chatter, Crowd } from '../support/crowd.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { ReplicaSet } from '../support/replica-set.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { Storm } from '../support/storm.js';
import { SECRET } from '../support/tokens.js';

/** `FAULTS=long` takes about ten times as long; `FAULTS_SEED` makes the choices of an earlier run again. */
const isLong = process.env.FAULTS === 'long';
const SEED = Number(process.env.FAULTS_SEED ?? (isLong ? randomInt(2 ** 32) : 1));
const ROUNDS = isLong ? 5 : 1;
/** Messages that are acknowledged before a fault and behind it, at least. */
const LOAD = isLong ? 1000 : 80;
/** How long the database is stopped, in milliseconds. */
const STOPPED = isLong ? 30_000 : 6000;
/** An answer comes within 15 s; the rest is for a slow machine. In milliseconds. */
const BOUND = 19_000;
const TIMEOUT = isLong ? 900_000 : 180_000;
const DATABASE = 'faults';

const choices = new Choices(SEED);
let set: ReplicaSet;
let services: ServiceProcesses;
let service: ServiceProcess;
let endings: (() => unknown)[] = [];

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
  set = await ReplicaSet.start();
  service = await services.start(settings());
});

/** Of any node: they share a database and a secret. */
function settings(): Record<string, string> {
  return { MONGODB_URI: set.uri(DATABASE), JWT_SECRET: SECRET, LOG_LEVEL: 'error' };
}

afterEach(async () => {
  await set.heals();
  for (const end of endings) await end();
  endings = [];
}, TIMEOUT);

afterAll(async () => {
  await services.end();
  await set.stop();
});

/** People who talk until the end of the test. */
async function rages(url: string, conversations = 4): Promise<Storm> {
  const crowd = await Crowd.gathers(url, { conversations });
  const storm = new Storm(crowd, choices);
  endings.push(() => storm.leaves());
  return storm;
}

async function cuttingProxy(): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.before(service.url);
  endings.push(() => proxy.close());
  return proxy;
}

/** Everybody talks; then, again and again, the fault happens, and they go on behind it. */
async function underLoad(fault: (storm: Storm) => Promise<unknown>, url = service.url): Promise<Storm> {
  const storm = await rages(url);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await storm.hasAcknowledged(LOAD + choices.below(LOAD));
    await fault(storm);
    await storm.hasAcknowledged(LOAD);
    await set.isHealthy();
  }
  await storm.end();
  return storm;
}

/** Nothing lost, nothing twice, nothing out of order, for whoever looks; and every key still stands for its message. */
async function allIsKept(storm: Storm): Promise<void> {
  const { crowd, acknowledged } = storm;
  await crowd.isBack();
  for (const { senderId, clientMessageId, answer } of acknowledged.slice(-8)) {
    const chatter = chatterOf(storm, senderId);
    expect(await storm.tries(chatter, clientMessageId, 'http')).toEqual({
      ...answer,
      status: expect.anything(),
    });
    expect(await storm.tries(chatter, clientMessageId, 'socket')).toMatchObject({
      _id: answer._id,
      seq: answer.seq,
    });
    const { person, partner } = chatter;
    expect(await person.posts(partner, 'Something else', clientMessageId)).toMatchObject({
      status: 409,
      body: { code: 'client_message_id_reused' },
    });
  }
  expect(complaintsAbout(await crowd.evidence(set.db(DATABASE), acknowledged))).toEqual([]);
}

/** New sends of everybody while `isGone` holds are refused, in bounded time; the same key settles them afterwards. */
async function isRefused(
  storm: Storm,
  isGone: () => Promise<unknown>,
  isBack: () => Promise<unknown>,
): Promise<void> {
  const { chatters } = storm.crowd;
  await isGone();
  const gone = performance.now();
  const probes = chatters.map((chatter) => ({
    chatter,
    key: `probe-${chatter.person.id}-${Math.round(gone)}`,
  }));
  const answers = await Promise.all(probes.map(({ chatter, key }) => storm.tries(chatter, key)));
  const back = performance.now();
  await isBack();

  expect(answers).toEqual(probes.map(() => undefined));
  for (const { outcome, began, ended } of storm.between(gone, back)) {
    expect(['unavailable', 'outcome_unknown']).toContain(outcome);
    expect(ended - began).toBeLessThan(BOUND);
  }
  await Promise.all(probes.map(({ chatter, key }) => storm.sends(chatter, key)));
}

function chatterOf(storm: Storm, id: string): Chatter {
  const chatter = storm.crowd.chatters.find(({ person }) => person.id === id);
  if (!chatter) throw new Error(`Nobody is ${id}`);
  return chatter;
}

describe(`What was acknowledged is kept (FAULTS_SEED=${SEED})`, () => {
  test(
    'when the service is killed and started again',
    async () => {
      const storm = await underLoad(async () => {
        await service.isKilled();
        const { dataDir, url } = service;
        service = await services.start({ ...settings(), DATA_DIR: dataDir, PORT: new URL(url).port });
      });
      expect(storm.attempts.some(({ outcome }) => outcome === 'no answer')).toBe(true);
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when acknowledgements are lost on the way',
    async () => {
      const proxy = await cuttingProxy();
      const storm = await underLoad(async (raging) => {
        proxy.loses(() => choices.happens(0.1));
        await raging.hasAcknowledged(LOAD);
        proxy.heals();
      }, proxy.url);
      expect(proxy.lost).toBeGreaterThan(0);
      // Stored, but its sender had not heard of it.
      expect(storm.attempts.some(({ outcome }) => outcome === 'repeated')).toBe(true);
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when the primary steps down, with 50 twins in flight',
    async () => {
      let rounds = 0;
      const storm = await underLoad(async (raging) => {
        const [chatter] = raging.crowd.chatters;
        if (!chatter) throw new Error('Nobody is there');
        const key = `twin-${(rounds += 1)}`;
        const stepDown = set.stepsDown();
        const twins = await Promise.all(
          Array.from({ length: 50 }, (_, n) => raging.sends(chatter, key, n % 2 === 0 ? 'http' : 'socket')),
        );
        await stepDown;
        expect(new Set(twins.map(({ _id }) => _id)).size).toBe(1);
        const created = raging.attempts.filter(
          ({ clientMessageId, transport, outcome }) =>
            clientMessageId === key && transport === 'http' && outcome === 'acknowledged',
        );
        expect(created.length).toBeLessThanOrEqual(1);
      });
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when the primary is killed and started again',
    async () => {
      const storm = await underLoad(async (raging) => {
        const primary = await set.primary();
        await primary.isKilled();
        await raging.hasAcknowledged(LOAD);
        primary.start();
      });
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when the primary is killed while both secondaries lag, where writes acknowledged by one member are lost',
    async () => {
      const losses: string[][] = [];
      const storm = await underLoad(async (raging) => {
        const primary = await set.primary();
        const secondaries = await set.secondaries();
        await Promise.all(secondaries.map((member) => member.lags()));
        const database = `control_${losses.length}`;
        const control = new CarelessWriters(set.uri(database));
        endings.push(() => control.end());
        await control.hasAcknowledged(LOAD);
        await primary.isKilled();
        await control.end();
        await Promise.all(secondaries.map((member) => member.follows()));
        await raging.hasAcknowledged(LOAD);
        primary.start();
        await set.isHealthy();
        losses.push(await control.complaints(set.db(database)));
      });
      for (const lost of losses) {
        expect(lost.filter((complaint) => complaint.endsWith('is not stored')).length).toBeGreaterThan(0);
      }
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when the majority is gone: sends are refused in bounded time, and the same key settles them',
    async () => {
      const proxy = await cuttingProxy();
      const travellers = await rages(proxy.url, 1);
      const storm = await underLoad(async (raging) => {
        const secondaries = await set.secondaries();
        await isRefused(
          raging,
          async () => {
            await Promise.all(secondaries.map((member) => member.isKilled()));
            await set.hasNoPrimary();
            // Phones that connect again meanwhile find nobody who knows their session.
            proxy.cuts();
          },
          async () => {
            for (const member of secondaries) member.start();
            await set.isHealthy();
          },
        );
        await travellers.crowd.isBack();
      });
      await travellers.end();
      await allIsKept(travellers);
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when a primary stays that nobody follows: the same',
    async () => {
      const storm = await underLoad(async (raging) => {
        const secondaries = await set.secondaries();
        await isRefused(
          raging,
          () => Promise.all(secondaries.map((member) => member.lags())),
          () => Promise.all(secondaries.map((member) => member.follows())),
        );
      });
      await allIsKept(storm);
    },
    TIMEOUT,
  );

  test(
    'when the database stands still for a while',
    async () => {
      const storm = await underLoad(async () => {
        for (const member of set.members) member.pause();
        await delay(STOPPED);
        for (const member of set.members) member.resume();
      });
      await allIsKept(storm);
    },
    TIMEOUT,
  );
});
