import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Balancer, complaintsAboutShipped, HAS_HAPROXY, HAS_NGINX } from '../support/balancer.js';
import { Choices } from '../support/choices.js';
import { Cluster } from '../support/cluster.js';
import { Crowd } from '../support/crowd.js';
import { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import { call, dataOf, friends, Person } from '../support/person.js';
import { HAS_REDIS } from '../support/redis.js';
import { Storm } from '../support/storm.js';

const isLong = process.env.FAULTS === 'long';
/** Messages that are acknowledged before a fault and behind it, at least. */
const LOAD = isLong ? 1000 : 60;
const ROUNDS = isLong ? 5 : 1;
const TIMEOUT = isLong ? 900_000 : 120_000;
/** How long a stop may take, in milliseconds. */
const LONGEST_STOP = 10_000;

const DEVICES = [['websocket'], ['polling'], ['polling', 'websocket']];

let cluster: Cluster;
let balancer: Balancer;
let ann: Person;
let bob: Person;

/** A device of a client that is written from the specification. */
async function plainDevice(person: Person, transports: string[]): Promise<Device> {
  const device = person.opens({ auth: {}, query: { token: person.token }, transports });
  await device.hears('ready');
  return device;
}

/** All say something to each other, over whatever they are connected by, and everybody hears all of it once. */
async function chatAcross(anns: Device[], bobs: Device[]): Promise<void> {
  const texts: string[] = [];
  for (const [index, device] of [...anns, ...bobs].entries()) {
    const text = `By device ${index}`;
    texts.push(text);
    const recipientId = anns.includes(device) ? bob.id : ann.id;
    dataOf(await device.asks('sendMessage', { recipientId, text }));
    for (const hearer of anns.includes(device) ? bobs : anns) {
      await hearer.hears('receiveMessage', (message) => message.text === text);
    }
  }
  for (const device of [...anns, ...bobs]) {
    await device.catchesUp();
    const heard = device.all('receiveMessage').map(({ text }) => text);
    const own = anns.includes(device) ? texts.slice(0, anns.length) : texts.slice(anns.length);
    expect(heard).toEqual(texts.filter((text) => !own.includes(text)));
  }
  expect((await ann.reads(bob)).map(({ text }) => text)).toEqual(texts);
}

function behind(program: 'haproxy' | 'nginx'): void {
  beforeAll(async () => {
    balancer = await Balancer[program](cluster.urls);
  });
  afterAll(() => balancer.stop());

  test('the file is valid as it is shipped', async () => {
    const name = program === 'haproxy' ? 'haproxy.cfg' : 'nginx.conf';
    expect(await complaintsAboutShipped(name)).toBe('');
  });

  test('people on two nodes chat by websocket, by polling and by an upgrade', async () => {
    ({ ann, bob } = await friends(balancer.url));
    const anns = [];
    const bobs = [];
    for (const transports of DEVICES) {
      anns.push(await ann.connects({ transports }));
      bobs.push(await plainDevice(bob, transports));
    }
    for (const count of await cluster.figures('reals2chat_sockets')) expect(count).toBeGreaterThan(0);
    await chatAcross(anns, bobs);
    for (const device of [...anns, ...bobs]) expect(device.all('ready')).toHaveLength(1);
  });

  test('the service sees the address of the client, and not one that it makes up', async () => {
    ann = await Person.signUp(balancer.url, 'Ann');
    const { email } = ann.account;
    const forged = { 'x-forwarded-for': '192.0.2.1' };
    const { status } = await call(balancer.url, 'POST', '/api/auth/login', {
      body: { email, password: ann.password },
      headers: forged,
    });
    expect(status).toBe(200);
    const { body } = await ann.get<{ sessions: { ip: string }[] }>('/api/auth/sessions');
    expect(body.sessions.map(({ ip }) => ip)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('tokens stay out of its log', async () => {
    ann = await Person.signUp(balancer.url, 'Ann');
    await plainDevice(ann, ['polling']);
    ann.leaves();
    await eventually(() => balancer.log.includes('/socket.io/'));
    expect(balancer.log).not.toMatch(/token|eyJ/);
  });
}

/** What the health of a node says, asked again and again on one connection, until it says nothing any more. */
class HealthWatch {
  readonly statuses: number[] = [];
  /** When it was red first, by the monotonic clock. */
  redAt: number | undefined;
  readonly over: Promise<void>;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {
    this.over = this.watch();
  }

  private async watch(): Promise<void> {
    for (;;) {
      const status = await this.ask().catch(() => undefined);
      if (status === undefined) return this.agent.destroy();
      if (status === 503) this.redAt ??= performance.now();
      if (this.statuses.at(-1) !== status) this.statuses.push(status);
      await delay(10);
    }
  }

  private async ask(): Promise<number | undefined> {
    const sent = request(`${this.url}/health/ready`, { agent: this.agent }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }
}

function underLoad(): void {
  let storm: Storm;

  beforeAll(async () => {
    balancer = await Balancer.haproxy(cluster.urls);
  });
  afterAll(() => balancer.stop());
  beforeEach(async () => {
    const crowd = await Crowd.gathers(balancer.url, { transports: DEVICES });
    storm = new Storm(crowd, new Choices(1));
  });
  afterEach(() => storm.leaves());

  /** Waits until the balancer gives the node something to do again. */
  async function isBack(index: number): Promise<void> {
    const before = balancer.log.length;
    await cluster.restarts(index);
    await eventually(() => balancer.log.slice(before).includes(`any_node/node${index + 1} is UP`));
  }

  /** Stops a node as an operator does. @returns the connections that ended meanwhile */
  async function isStopped(index: number, phones: Device[]): Promise<{ phone: Device }[]> {
    const node = cluster.node(index);
    const ends: { phone: Device; reason: string; at: number }[] = [];
    for (const phone of phones) {
      phone.socket.on('disconnect', (reason) => ends.push({ phone, reason, at: performance.now() }));
    }
    const health = new HealthWatch(node.url);
    await eventually(() => health.statuses.length > 0);
    const since = performance.now();
    expect(await node.isStopped()).toEqual({ code: 0, signal: null });
    expect(performance.now() - since).toBeLessThan(LONGEST_STOP);
    await health.over;
    expect(health.statuses).toEqual([200, 503]);
    for (const { reason, at } of ends) {
      // A poll that comes too late to be told finds nobody.
      expect(reason).toMatch(/^transport (close|error)$/);
      expect(at).toBeGreaterThan(health.redAt as number);
    }
    return ends;
  }

  test(
    'a node killed: nothing acknowledged is lost, its people come back elsewhere, and what it showed of others ends',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const victim = round % 2;
        ({ ann, bob } = await friends(cluster.urls[victim] as string));
        bob = bob.at(cluster.urls[1 - victim] as string);
        const bobs = await bob.connects();
        const anns = await ann.connects();
        anns.emits('typing', { recipientId: bob.id });
        await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
        await storm.hasAcknowledged(LOAD);
        await cluster.node(victim).isKilled();
        await storm.hasAcknowledged(LOAD);
        await storm.crowd.isBack();
        await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
        await bobs.hears('userStatus', ({ userId, isOnline }) => userId === ann.id && !isOnline);
        bobs.close();
        await isBack(victim);
      }
      expect(await storm.complaints(cluster.db)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    'both stopped, one after the other: health is red first, every socket moves, no send fails',
    async () => {
      const phones = storm.crowd.chatters.map(({ phone }) => phone);
      for (let round = 0; round < ROUNDS; round += 1) {
        const moved = new Set<Device>();
        for (const index of [0, 1]) {
          await storm.hasAcknowledged(LOAD);
          const ends = await isStopped(index, phones);
          for (const { phone } of ends) moved.add(phone);
          await storm.crowd.isBack();
          await storm.hasAcknowledged(LOAD);
          await isBack(index);
        }
        expect(moved.size).toBe(phones.length);
      }
      expect(await storm.complaints(cluster.db)).toEqual([]);
    },
    TIMEOUT,
  );
}

const ifThere = HAS_REDIS ? describe : describe.skip;

ifThere('Two processes', () => {
  beforeAll(async () => {
    cluster = await Cluster.start({ TRUSTED_PROXIES: '1', PRESENCE_GRACE_MS: '1500' });
  });
  afterEach(() => {
    for (const person of [ann, bob]) person?.leaves();
  });
  afterAll(() => cluster.stop());

  (HAS_HAPROXY ? describe : describe.skip)('behind HAProxy', () => behind('haproxy'));
  (HAS_NGINX ? describe : describe.skip)('behind nginx', () => behind('nginx'));
  (HAS_HAPROXY ? describe : describe.skip)('behind HAProxy, under load', underLoad);
});
