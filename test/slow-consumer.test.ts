import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from './support/eventually.js';
import { call, dataOf, friends } from './support/person.js';
import { RawSocket } from './support/raw-socket.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** A figure of the service. */
async function figure(name: string): Promise<number> {
  const { body } = await call<string>(app.url, 'GET', '/metrics');
  const [, value] = new RegExp(`^reals2chat_${name} (\\S+)$`, 'm').exec(body) ?? [];
  return Number(value);
}

test('75: a client that does not read is cut off at 4 MiB, others are served, and it catches up', async () => {
  const { ann, bob } = await friends(app.url);
  const [anns, bobsOther] = [await ann.connects(), await bob.connectsWithoutReplay()];
  const slow = await RawSocket.connected(app.url, bob.token);
  slow.stopsReading();
  const text = 'x'.repeat(9900);
  const before = await figure('slow_consumers_total');
  let sent = 0;
  let most = 0;
  while ((await figure('slow_consumers_total')) === before) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => anns.asks('sendMessage', { recipientId: bob.id, text })),
    );
    sent += answers.map(dataOf).length;
    most = Math.max(most, await figure('outbox_waiting_bytes'));
  }
  expect(most).toBeLessThan(6 * 1024 * 1024);
  await bobsOther.hears('receiveMessage', ({ seq }) => seq === sent);

  slow.readsOn();
  await slow.isClosed();
  await eventually(async () => (await figure('outbox_waiting_bytes')) === 0);
  const back = await bob.connects();
  const first = Math.min(...back.all('receiveMessage').map(({ seq }) => seq), sent + 1);
  expect(back.all('receiveMessage').map(({ seq }) => seq)).toEqual(
    Array.from({ length: sent - first + 1 }, (_, index) => first + index),
  );
  ann.leaves();
  bob.leaves();
}, 60_000);
