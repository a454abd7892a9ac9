import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Friend, Message } from '../../src/realtime/wire.js';
import { Device } from '../support/device.js';
import { call, dataOf, friends, type Person } from '../support/person.js';
import { ROOT, type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { SECRET } from '../support/tokens.js';

const MINUTES = 60_000;
const PRELOAD = pathToFileURL(join(ROOT, 'test/support/clock.mjs')).href;

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

/** A service whose wall clock is set while it runs. */
class TimeTraveller {
  private times = 0;

  private constructor(
    readonly service: ServiceProcess,
    private readonly file: string,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<TimeTraveller> {
    const file = `${services.newDataDir()} clock`;
    const service = await services.start({
      MONGODB_URI: services.newDatabase(),
      NODE_OPTIONS: `--import=${PRELOAD}`,
      WRONG_CLOCK: file,
      ...settings,
    });
    return new TimeTraveller(service, file);
  }

  get url(): string {
    return this.service.url;
  }

  /** Sets the clock: from now on it is wrong by so much. */
  async isWrongBy(ms: number): Promise<void> {
    await writeFile(this.file, String(ms));
    this.service.signal('SIGUSR2');
    this.times += 1;
    await this.service.says(new RegExp(`^The clock was set ${this.times} times$`, 'm'));
  }
}

/** What an ordinary device does is done, and what is told live comes, confirmed by heartbeats alone. */
async function worksFor(ann: Person, bob: Person, phone: Device, tablet: Device): Promise<Message> {
  const message = dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text: 'Still there?' }));
  await tablet.hears('receiveMessage', ({ _id }) => _id === message._id);
  await phone.hears('messageStatus', ({ status, seq }) => status === 'delivered' && seq === message.seq);
  expect((await ann.get('/api/users/me')).status).toBe(200);
  return message;
}

async function refreshes(person: Person): Promise<void> {
  const { status, body } = await call<{ accessToken: string; refreshToken: string }>(
    person.url,
    'POST',
    '/api/auth/refresh',
    { body: { refreshToken: person.refreshToken } },
  );
  expect(status).toBe(200);
  person.token = body.accessToken;
  person.refreshToken = body.refreshToken;
}

async function isRefused(person: Person): Promise<string | undefined> {
  return (await person.get('/api/users/me')).body.code;
}

describe('A clock that jumps', () => {
  test('forward: tokens past their end are told so, their sockets end, and with fresh ones all goes on', async () => {
    const there = await TimeTraveller.start({ ACCESS_TOKEN_TTL: '5m' });
    const { ann, bob } = await friends(there.url);
    const [phone, tablet] = [await ann.connects(), await bob.connects()];
    const before = await worksFor(ann, bob, phone, tablet);

    await there.isWrongBy(4 * MINUTES);
    await worksFor(ann, bob, phone, tablet);
    await there.isWrongBy(10 * MINUTES);
    expect(await isRefused(ann)).toBe('token_expired');
    expect(await phone.isDisconnected()).toBe('transport close');
    expect(await tablet.isDisconnected()).toBe('transport close');
    await Promise.all([refreshes(ann), refreshes(bob)]);
    const after = await worksFor(ann, bob, await ann.connects(), await bob.connects());
    expect(Date.parse(after.createdAt)).toBeGreaterThanOrEqual(Date.parse(before.createdAt) + 9 * MINUTES);
    [ann, bob].forEach((person) => person.leaves());
  });

  test('backward: nobody is thrown out, and tokens that seem to be of the future are replaced by fresh ones', async () => {
    const there = await TimeTraveller.start({ ACCESS_TOKEN_TTL: '5m' });
    await there.isWrongBy(10 * MINUTES);
    const { ann, bob } = await friends(there.url);
    const [phone, tablet] = [await ann.connects(), await bob.connects()];
    const history = [await worksFor(ann, bob, phone, tablet)];

    await there.isWrongBy(9.5 * MINUTES);
    history.push(await worksFor(ann, bob, phone, tablet));
    await there.isWrongBy(0);
    expect(await isRefused(ann)).toBe('unauthorized');
    history.push(dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text: 'By an open socket' })));
    await Promise.all([refreshes(ann), refreshes(bob)]);
    history.push(await worksFor(ann, bob, phone, tablet));
    history.push(await worksFor(ann, bob, await ann.connects(), await bob.connects()));

    const read = await ann.reads(bob);
    expect(read.map(({ _id }) => _id)).toEqual(history.map(({ _id }) => _id));
    expect(read.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    const times = read.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted());
    expect([phone, tablet].map(({ socket }) => socket.connected)).toEqual([true, true]);
    [ann, bob].forEach((person) => person.leaves());
  });

  test.each([
    ['forward', 0, 10 * MINUTES],
    ['backward', 10 * MINUTES, 0],
  ])('%s: typing, presence and a block end when they should', async (_, from, to) => {
    const there = await TimeTraveller.start({ PRESENCE_GRACE_MS: '300' });
    await there.isWrongBy(from);
    const { ann, bob } = await friends(there.url);
    const [phone, tablet] = [await ann.connects(), await bob.connects()];
    const looks = async () =>
      (await ann.get<{ friends: Friend[] }>('/api/friends')).body.friends[0]?.isOnline;
    await phone.asks('typing', { recipientId: bob.id });
    await tablet.hears('typingStatus', ({ isTyping }) => isTyping);

    await there.isWrongBy(to);
    await Promise.all([refreshes(ann), refreshes(bob)]);
    await tablet.hears('typingStatus', ({ isTyping }) => !isTyping);
    tablet.close();
    await phone.hears('userStatus', ({ isOnline }) => !isOnline);
    expect(await looks()).toBe(false);

    await there.isWrongBy(from);
    await Promise.all([refreshes(ann), refreshes(bob)]);
    await bob.connects();
    await phone.hears('userStatus', ({ isOnline }) => isOnline);
    await bob.blocks(ann);
    await phone.hears('userStatus', ({ isOnline }) => !isOnline);
    await there.isWrongBy(to);
    await refreshes(ann);
    expect(await looks()).toBe(false);
    [ann, bob].forEach((person) => person.leaves());
  });

  test.each([
    ['forward', 0, 10 * MINUTES],
    ['backward', 10 * MINUTES, 0],
  ])('%s on one node only: what another one revokes is heard of as always', async (_, from, to) => {
    const shared = { MONGODB_URI: services.newDatabase(), JWT_SECRET: SECRET };
    const [here, there] = await Promise.all([services.start(shared), TimeTraveller.start(shared)]);
    await there.isWrongBy(from);
    const { ann, bob } = await friends(here.url);
    const devices = [ann, bob].map(({ token }) => Device.open(there.url, { auth: { token } }));
    for (const device of devices) await device.hears('ready');
    await there.isWrongBy(to);
    // The first look behind the jump reaches back from the last one before it; the second does not any more.
    for (const [index, person] of [ann, bob].entries()) {
      expect((await person.post('/api/auth/logout')).status).toBe(204);
      expect(await devices[index]?.isDisconnected()).toBe('io server disconnect');
    }
  });
});
