import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HTTP_LIMITS } from '../../src/common/http/http-limits.js';
import { eventually } from '../support/eventually.js';
import { call, friends } from '../support/person.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { SlowLine } from '../support/slow-line.js';

const DEVICES = 10;

let app: RunningApp;
let line: SlowLine;
beforeAll(async () => {
  app = await startApp({}, { ...HTTP_LIMITS, pingInterval: 300, pingTimeout: 500 });
  line = await SlowLine.before(app.url);
});
afterAll(async () => {
  await line.close();
  await app.stop();
});

async function sockets(): Promise<number> {
  const { body } = await call<string>(app.url, 'GET', '/metrics');
  return Number(/^reals2chat_sockets (\d+)$/m.exec(body)?.[1]);
}

test('devices that vanish without a word are offline as soon as a ping is not answered, and nothing of them stays', async () => {
  const { ann, bob } = await friends(app.url);
  const bobs = await bob.connects();
  const travelling = ann.at(`http://${line.host}`);
  for (let index = 0; index < DEVICES; index += 1) {
    await travelling.connects({ transports: [index % 2 === 0 ? 'websocket' : 'polling'] });
  }
  expect(await sockets()).toBe(DEVICES + 1);
  await bobs.hears('userStatus', ({ isOnline }) => isOnline);
  line.holds();
  await bobs.hears('userStatus', ({ isOnline }) => !isOnline);
  await eventually(async () => (await sockets()) === 1);

  // What is sent meanwhile has not arrived, and is there when they come back.
  expect((await bob.says(ann, 'Where are you?')).status).toBe('sent');
  expect(await bob.reads(ann)).toMatchObject([{ status: 'sent' }]);
  line.passes();
  const back = await travelling.connects();
  expect(await back.hears('receiveMessage')).toMatchObject({ text: 'Where are you?' });
  await bobs.hears('messageStatus', ({ status }) => status === 'delivered');
  for (const person of [travelling, bob]) person.leaves();
});
