import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { identify } from '../../src/database/embedded/processes.js';
import { dataOf, friends, Person } from '../support/person.js';
import { RawSocket } from '../support/raw-socket.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

/** How long a stop may take, in milliseconds. */
const LONGEST_STOP = 10_000;

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

/** Everything is gone: the service in good order and in time, and its database. */
async function isGone(service: ServiceProcess, code = 0): Promise<void> {
  const since = performance.now();
  expect(await service.exited).toEqual({ code, signal: null });
  expect(performance.now() - since).toBeLessThan(LONGEST_STOP);
  expect(await service.hasMongod()).toBe(false);
}

/** The answer to a request, with its whole body. */
async function answerTo(sent: ClientRequest): Promise<{ status: number | undefined; connection: unknown }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, connection: response.headers.connection };
}

/** Sends a message up to the last byte; the service has begun to take it. */
async function sendHalf({ url, token }: Person, message: object): Promise<ClientRequest> {
  const body = JSON.stringify(message);
  const sent = request(`${url}/api/messages/send`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.write(body.slice(0, -1));
  return sent;
}

/** Whether it takes a new connection. */
function accepts({ url }: ServiceProcess): Promise<boolean> {
  const connection = connect(Number(new URL(url).port), '127.0.0.1');
  return once(connection, 'connect').then(
    () => Boolean(connection.destroy()),
    () => false,
  );
}

describe('SIGTERM', () => {
  test('lets what is in flight be answered and told, then closes the transports', async () => {
    const service = await services.start();
    const { ann, bob } = await friends(service.url);
    const [device, phone] = [await ann.connects(), await bob.connects()];
    const recipientId = bob.id;
    const halves = await Promise.all(
      ['one', 'two', 'three', 'four'].map((text) => sendHalf(ann, { recipientId, text })),
    );
    const events = Array.from({ length: 8 }, (_, n) =>
      device.asks('sendMessage', { recipientId, text: `${n}` }),
    );
    service.signal('SIGTERM');
    const answers = await Promise.all(halves.map((half) => answerTo(half.end('}'))));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    (await Promise.all(events)).map(dataOf);
    expect(await device.isDisconnected()).toBe('transport close');
    expect(await phone.isDisconnected()).toBe('transport close');
    expect(
      phone
        .all('receiveMessage')
        .map(({ text }) => text)
        .toSorted(),
    ).toEqual(['one', 'two', 'three', 'four', '0', '1', '2', '3', '4', '5', '6', '7'].toSorted());
    await isGone(service);
    expect(service.complaints).toEqual([]);
  });

  test('closes the transports of those who poll too', async () => {
    const service = await services.start({ MONGODB_URI: services.newDatabase() });
    const ann = await Person.signUp(service.url, 'Ann');
    const device = await ann.connects({ transports: ['polling'] });
    service.signal('SIGTERM');
    expect(await device.isDisconnected()).toBe('transport close');
    await isGone(service);
  });

  test('takes no new connection, says on open ones that it is not ready, and finishes a request half sent', async () => {
    const service = await services.start({ MONGODB_URI: services.newDatabase() });
    const { ann, bob } = await friends(service.url);
    const phone = await bob.connects();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ready = () => answerTo(request(`${service.url}/health/ready`, { agent }).end());
    expect(await ready()).toEqual({ status: 200, connection: 'keep-alive' });
    const slow = await sendHalf(ann, { recipientId: bob.id, text: 'In two halves' });
    service.signal('SIGTERM');

    while ((await ready()).status === 200);
    while (await accepts(service));
    expect(await ready()).toEqual({ status: 503, connection: 'close' });
    expect(await answerTo(slow.end('}'))).toEqual({ status: 201, connection: 'close' });
    await phone.hears('receiveMessage', ({ text }) => text === 'In two halves');
    expect(await phone.isDisconnected()).toBe('transport close');
    agent.destroy();
    await isGone(service);
  });

  test('does not wait for websockets that never got as far as CONNECT', async () => {
    const service = await services.start();
    await Promise.all(Array.from({ length: 5 }, () => RawSocket.opened(service.url)));
    service.signal('SIGTERM');
    await isGone(service);
    RawSocket.leaveAll();
  });

  test('reaches the service through npm start', async () => {
    const service = await services.start({}, { npm: true });
    const [lock] = await readdir(join(service.dataDir, 'lock'));
    const [pid] = (await readFile(join(service.dataDir, 'lock', String(lock)), 'utf8')).split(' ');
    expect(await identify(Number(pid))).toBeDefined();
    service.signal('SIGTERM');
    await isGone(service);
    expect(await identify(Number(pid))).toBeUndefined();
  });

  test('ends a service whose database hangs, also when it comes twice', async () => {
    const service = await services.start();
    const { ann, bob } = await friends(service.url);
    const device = await ann.connects();
    const mongod = await service.mongod();
    process.kill(mongod?.pid as number, 'SIGSTOP');
    const unanswered = Promise.allSettled([
      device.asks('sendMessage', { recipientId: bob.id, text: 'Into the void' }),
      ann.says(bob, 'And this'),
    ]);
    service.signal('SIGTERM');
    expect(await device.isDisconnected()).toBe('transport close');
    service.signal('SIGTERM');
    await isGone(service);
    expect(await unanswered).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  });
});

test('a fault that nobody caught is logged, and the database is stopped before the process ends with code 1', async () => {
  const fault = join(services.folder, 'fault.mjs');
  await writeFile(fault, `process.on('SIGUSR2', () => void Promise.reject(new Error('unheard-of')));`);
  const service = await services.start({ NODE_OPTIONS: `--import=${pathToFileURL(fault).href}` });
  service.signal('SIGUSR2');
  await isGone(service, 1);
  expect(service.stderr).toContain('The service has failed and ends. Start it again');
  expect(service.stderr).toContain('unheard-of');
});
