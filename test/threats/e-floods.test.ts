import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CAPS, RULES } from '../../src/limits/rules.js';
import type { Device } from '../support/device.js';
import { makeWindowsLong } from '../support/limits.js';
import { dataOf, friends, Person } from '../support/person.js';
import { rawRequest } from '../support/raw-http.js';
import { RawSocket } from '../support/raw-socket.js';
import { type RunningApp, startApp } from '../support/running-app.js';

/** Rows 71, 72, 76 and 77 of the threats: more than any person does, of what each alone is allowed. */

let app: RunningApp;
beforeAll(async () => {
  makeWindowsLong();
  app = await startApp({ RATE_LIMITS: 'on', TRUSTED_PROXIES: '1' });
});
afterEach(() => RawSocket.leaveAll());
afterAll(() => app.stop());

/** How many of the answers to numbered events say this. */
function answersWith(socket: RawSocket, part: string): number {
  return socket.texts.filter((text) => text.startsWith('43') && text.includes(part)).length;
}

describe('71: 3,000 events in one burst', () => {
  test('are limited, and who does not stop is closed; others do not notice', async () => {
    const { ann, bob } = await friends(app.url);
    const { ann: carl, bob: dora } = await friends(app.url);
    const [carls, doras] = await Promise.all([carl.connects(), dora.connects()]);
    const flooder = await RawSocket.connected(app.url, ann.token);

    for (let index = 0; index < 3000; index += 1) {
      flooder.says(`42${index}["sendMessage",{"recipientId":"${bob.id}","text":"${index}"}]`);
    }
    for (let index = 0; index < 50; index += 1) {
      dataOf(await carls.asks('sendMessage', { recipientId: dora.id, text: `quiet ${index}` }));
      await doras.hears('receiveMessage', ({ text }) => text === `quiet ${index}`);
    }
    await flooder.isClosed();

    expect(
      await app.db.collection('messages').countDocuments({ senderId: { $exists: true }, text: /^\d+$/ }),
    ).toBe(RULES.sends.points);
    const refused = flooder.texts.find((text) => text.startsWith(`43${RULES.sends.points}[`)) ?? '';
    expect(JSON.parse(refused.slice(refused.indexOf('[')))).toEqual([
      { success: false, message: expect.any(String), code: 'rate_limited', retryAfter: expect.any(Number) },
    ]);
    expect(answersWith(flooder, 'rate_limited')).toBeLessThanOrEqual(RULES.refused_events.points + 1);

    // It may come back, and is still over its limit.
    const back = await ann.connects();
    expect(await back.asks('sendMessage', { recipientId: bob.id, text: 'again' })).toMatchObject({
      code: 'rate_limited',
    });
    for (const person of [ann, bob, carl, dora]) person.leaves();
  });

  test('count also if nobody knows them, or nobody understands them', async () => {
    const ann = await Person.signUp(app.url, 'Ann');
    const socket = await RawSocket.connected(app.url, ann.token);
    const most = RULES.events.points;
    for (let index = 0; index < most; index += 1) {
      socket.says(index % 2 ? `42${index}["nonsense",{}]` : `42${index}["typing"]`);
    }
    socket.says(`42${most}["typing",{"recipientId":"${ann.id}"}]`);
    expect(await socket.hears((text) => text.startsWith(`43${most}[`))).toContain('"code":"rate_limited"');
    expect(answersWith(socket, 'rate_limited')).toBe(1);
  });

  test('close nobody if they are receipts, and leave the rest its own limit', async () => {
    const { ann, bob } = await friends(app.url);
    const { conversationId } = await bob.says(ann, 'Hi');
    const socket = await RawSocket.connected(app.url, ann.token);
    const most = RULES.receipts.points + RULES.refused_events.points + 10;
    for (let index = 0; index < most; index += 1) {
      socket.says(`42${index}["messageDelivered",{"conversationId":"${conversationId}","seq":1}]`);
    }
    socket.says(`42${most}["typing",{"recipientId":"${bob.id}"}]`);
    expect(await socket.hears((text) => text.startsWith(`43${most}[`))).toContain('"success":true');
    expect(answersWith(socket, 'rate_limited')).toBe(RULES.refused_events.points + 10);
  });
});

/** Whether this device is let in. */
function getsIn({ socket }: Device): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('connect_error', () => resolve(false));
  });
}

describe('72: 1,000 sockets', () => {
  test('of one person: 50 are open, another gets in when one has gone, and nobody else is concerned', async () => {
    const [ann, bob] = await Promise.all([Person.signUp(app.url, 'Ann'), Person.signUp(app.url, 'Bob')]);
    const most = CAPS.open_sockets_person.points;
    const devices = await Promise.all(Array.from({ length: most }, () => ann.connects()));
    const refused = await ann.opens().isRefused();
    expect(refused.data).toEqual({
      success: false,
      message: expect.any(String),
      code: 'rate_limited',
      retryAfter: expect.any(Number),
    });
    await bob.connects();

    const [first] = devices;
    first?.close();
    await first?.isDisconnected();
    // The server may hear of it a moment later.
    while (!(await getsIn(ann.opens()))) continue;
    ann.leaves();
    bob.leaves();
  });

  test('of one person, one after the other, are limited too', async () => {
    const ann = await Person.signUp(app.url, 'Ann');
    for (let index = 0; index < RULES.connects_person.points; index += 1) {
      const device = await ann.connects();
      device.close();
    }
    expect((await ann.opens().isRefused()).data).toMatchObject({ code: 'rate_limited' });
    ann.leaves();
  });

  test('from one address: 500 are open, the others are told by 429 when to come back', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': `198.51.100.9, ${address}` });
    const crowd = from('203.0.113.7');
    const status = async (headers = crowd) =>
      (await RawSocket.open(app.url, { headers })).answer.slice(9, 12);

    const most = CAPS.open_sockets.points / CAPS.open_sockets_person.points;
    const people = await Promise.all(Array.from({ length: most }, () => Person.signUp(app.url, 'Ann')));
    for (const person of people) {
      const all = Array.from({ length: CAPS.open_sockets_person.points });
      await Promise.all(all.map(() => person.connects({ extraHeaders: crowd })));
    }
    const statuses: string[] = [];
    for (let index = CAPS.open_sockets.points; index < 1000; index += 1) statuses.push(await status());
    expect(new Set(statuses)).toEqual(new Set(['429']));

    const upgrade = await RawSocket.open(app.url, { headers: crowd });
    expect(upgrade.answer).toMatch(/\r\nRetry-After: [1-9]\d*$/m);
    const polling = '/socket.io/?EIO=4&transport=polling';
    const polled = await rawRequest(app.url, 'GET', polling, crowd);
    expect(polled).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
      body: { success: false, message: expect.any(String), code: 'rate_limited' },
    });
    expect(await status(from('203.0.113.8'))).toBe('101');
    for (const person of people) person.leaves();
  });
});

describe('76: typing 100 times a second', () => {
  test('is not refused, told at most once a second, and its end is the truth', async () => {
    const { ann, bob } = await friends(app.url);
    const [anns, bobs] = await Promise.all([ann.connects(), bob.connects()]);
    const begun = performance.now();
    const answers: unknown[] = [];
    for (let round = 0; round < 200; round += 1) {
      answers.push(await anns.asks('typing', { recipientId: bob.id }));
      answers.push(await anns.asks('stopTyping', { recipientId: bob.id }));
    }
    answers.push(await anns.asks('typing', { recipientId: bob.id }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"success":true,"data":null}']),
    );

    const isShown = () => bobs.all('typingStatus').at(-1)?.isTyping;
    while (!isShown()) await bobs.hears('typingStatus', ({ isTyping }) => isTyping);
    const seconds = (performance.now() - begun) / 1000;
    const told = bobs.all('typingStatus').filter(({ isTyping }) => isTyping);
    expect(told.length).toBeLessThanOrEqual(Math.floor(seconds) + 1);
    await anns.asks('stopTyping', { recipientId: bob.id });
    await bobs.hears('typingStatus', ({ isTyping }) => !isTyping);
    await bobs.catchesUp();
    expect(isShown()).toBe(false);
    ann.leaves();
    bob.leaves();
  });
});

describe('77: who asks to be let in', () => {
  test.each(['/admin', '/#', '/socket.io', '/__proto__', '/constructor'])(
    'into %s is refused',
    async (namespace) => {
      const { token } = await Person.signUp(app.url, 'Ann');
      const socket = await RawSocket.opened(app.url);
      socket.says(`40${namespace},${JSON.stringify({ token })}`);
      expect(await socket.hears((text) => text.startsWith('44'))).toContain('Invalid namespace');
    },
  );

  test.each([
    ['into a namespace that does not exist', () => '40/admin,{}'],
    ['without a token', () => '40{}'],
    ['with a token that is none', () => '40{"token":"x"}'],
    ['without a payload', () => '40'],
  ])('1,000 times %s is answered a few times, then closed', async (_, packet) => {
    const socket = await RawSocket.opened(app.url);
    for (let index = 0; index < 1000; index += 1) socket.says(packet());
    await socket.isClosed();
    expect(socket.texts.filter((text) => text.startsWith('44')).length).toBeLessThanOrEqual(20);
  });

  test('and leaves again, 1,000 times on one connection, is closed', async () => {
    const { token } = await Person.signUp(app.url, 'Ann');
    const socket = await RawSocket.opened(app.url);
    let rounds = 0;
    const isClosed = socket.isClosed().then(() => true);
    for (let isOver = false; !isOver && rounds < 1000; rounds += 1) {
      socket.says(`40${JSON.stringify({ token })}`);
      socket.says('41');
      isOver = await Promise.race([isClosed, new Promise<false>((resolve) => setImmediate(resolve, false))]);
    }
    await isClosed;
    expect(rounds).toBeLessThan(1000);
    expect(socket.texts.filter((text) => text.startsWith('40')).length).toBeLessThanOrEqual(20);
  });
});
