import { once } from 'node:events';
import type { Server } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HTTP_LIMITS } from '../../src/common/http/http-limits.js';
import type { Device } from '../support/device.js';
import { call, friends, type Person } from '../support/person.js';
import { openConnection, rawRequest, sendBytes } from '../support/raw-http.js';
import { RawSocket } from '../support/raw-socket.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { stored } from '../support/store.js';

/** Rows 64 to 74 of the threats: what comes before any meaning: HTTP, Engine.IO, Socket.IO. */

const OURS = 'https://chat.example.org';

let app: RunningApp;
let ann: Person;
let phone: Device;
beforeAll(async () => {
  app = await startApp({ CORS_ORIGINS: OURS });
  ({ ann } = await friends(app.url));
  phone = await ann.connects();
});
afterEach(async () => {
  RawSocket.leaveAll();
  expect((await call(app.url, 'GET', '/health/ready')).status).toBe(200);
  await phone.catchesUp();
  expect(phone.socket.connected).toBe(true);
});
afterAll(async () => {
  ann.leaves();
  await app.stop();
});

const FOREIGN = [
  'http://evil.test',
  'https://chat.example.org.evil.test',
  'https://evilchat.example.org',
  'https://chat.example.org:444',
  'http://chat.example.org',
  'https://chat.example.org@evil.test',
  'HTTPS://CHAT.EXAMPLE.ORG.',
  'http://localhost.evil.test',
  'http://127.0.0.1.evil.test',
  'http://127.0.0.1@evil.test',
  'null',
  'file://',
  '*',
  'nonsense',
];
const polling = (): string => `${app.url}/socket.io/?EIO=4&transport=polling`;

test.each(FOREIGN)('64: from the origin %s nobody gets in, by polling or by websocket', async (origin) => {
  const poll = await fetch(polling(), { headers: { origin } });
  expect([poll.status, await poll.text()]).toEqual([400, expect.not.stringContaining('sid')]);

  const opened = await (await fetch(polling())).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  for (const query of ['', `&sid=${sid}`]) {
    const upgrade = await RawSocket.open(app.url, { query, headers: { Origin: origin } });
    upgrade.leave();
    expect(upgrade.answer).toMatch(/^HTTP\/1\.1 400 /);
  }
});

test.each(FOREIGN)('65: the origin %s is allowed nothing', async (origin) => {
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };
  const token = { authorization: `Bearer ${ann.token}` };
  const answers = [
    await rawRequest(app.url, 'GET', '/api/friends', { origin, ...token }),
    await rawRequest(app.url, 'GET', '/api/nothing', { origin }),
    await rawRequest(app.url, 'OPTIONS', '/api/messages/send', preflight),
    await rawRequest(app.url, 'GET', '/socket.io/?EIO=4&transport=polling', { origin }),
    await rawRequest(app.url, 'OPTIONS', '/socket.io/?EIO=4&transport=polling', preflight),
  ];
  for (const { headers } of answers) {
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  }
});

test('65: our own origin is named, never any, and never with cookies', async () => {
  const headers = { origin: OURS, authorization: `Bearer ${ann.token}` };
  for (const path of ['/api/friends', '/socket.io/?EIO=4&transport=polling']) {
    const answer = await rawRequest(app.url, 'GET', path, headers);
    expect(answer.headers['access-control-allow-origin']).toBe(OURS);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(answer.headers.vary).toMatch(/\bOrigin\b/);
  }
});

/** A socket on which these packets were sent; `BINARY` stands for a frame of bytes. */
async function sent(packets: string[]): Promise<RawSocket> {
  const socket = await RawSocket.connected(app.url, ann.token);
  for (const packet of packets) {
    if (packet === BINARY) socket.frame(FRAME.binary, Buffer.from('binary'));
    else socket.says(packet);
  }
  return socket;
}

/** These packets make the server close the connection, without waiting for more. */
async function endConnection(packets: string[]): Promise<void> {
  const before = await stored(app.db);
  const socket = await sent(packets);
  await socket.isClosed();
  expect(await stored(app.db)).toBe(before);
}

const FRAME = { continuation: 0, text: 1, binary: 2, reserved: 3, ping: 9 };
const BINARY = 'BINARY';

test.each([
  ['11', ['4511-["sendMessage",{}]']],
  ['1e9', ['451e9-["sendMessage",{}]']],
  ['1000000000', ['451000000000-["sendMessage",{}]']],
  ['more than there are numbers', [`45${'9'.repeat(400)}-["sendMessage",{}]`]],
  ['0', ['450-["sendMessage",{}]']],
  ['1.5', ['451.5-["sendMessage",{}]']],
  ['-1', ['45-1-["sendMessage",{}]']],
  ['no number of', ['45["sendMessage",{}]']],
  ['1, numbered -1', ['451-["sendMessage",{"_placeholder":true,"num":-1}]', BINARY]],
  ['1, numbered 1', ['451-["sendMessage",{"_placeholder":true,"num":1}]', BINARY]],
  ['1, numbered "splice"', ['451-["sendMessage",{"_placeholder":true,"num":"splice"}]', BINARY]],
  ['1, numbered "__proto__"', ['451-["sendMessage",{"_placeholder":true,"num":"__proto__"}]', BINARY]],
  ['1, with a text in its place', ['451-["sendMessage",{"_placeholder":true,"num":0}]', '42["typing",{}]']],
  ['unannounced', [BINARY]],
  ['11, in an answer', ['4611-1[]']],
])('66: %s binary attachments end the connection', (_, packets) => endConnection(packets));

test.each([
  ['a text', '{"recipientId":{"_placeholder":true,"num":0},"text":"x"}'],
  ['the payload', '{"_placeholder":true,"num":0}'],
  ['two fields', '{"recipientId":{"_placeholder":true,"num":0},"text":{"_placeholder":true,"num":0}}'],
])('66: bytes in the place of %s are refused', async (_, payload) => {
  const before = await stored(app.db);
  const socket = await RawSocket.connected(app.url, ann.token);
  socket.says(`451-7["sendMessage",${payload}]`);
  socket.frame(2, Buffer.alloc(500_000, 1));
  const answer = await socket.hears((text) => text.startsWith('437'));
  expect(answer).toContain('"code":"validation_failed"');
  socket.leave();
  expect(await stored(app.db)).toBe(before);
});

test.each(['disconnect', 'disconnecting', 'connect', 'connect_error', 'newListener', 'removeListener'])(
  '67: the reserved event %s ends the connection',
  async (event) => {
    await endConnection([`42["${event}",{}]`]);
    await endConnection([`421["${event}"]`]);
  },
);

test.each([
  '42[{"toString":"x"},{}]',
  '42[["sendMessage"],{}]',
  '42[null,{}]',
  '42[true]',
  '42[]',
  '42{}',
  '42"sendMessage"',
  '42[',
  '431{}',
  '44{"message":"x"}',
  '40{"token":"x"}',
  '47["x"]',
  '4x',
  '4',
])('67: the packet %s ends the connection', (packet) => endConnection([packet]));

test.each([
  '42["error",{}]',
  '42["toString",{}]',
  '42["__proto__",{}]',
  '42["constructor",{}]',
  '42["hasOwnProperty",{}]',
  '42["then",{}]',
  '42["ready",{}]',
  '42["receiveMessage",{}]',
  '42["exception",{}]',
  '42["",{}]',
  '42[5,{}]',
  '42["sendmessage",{}]',
  `42["${'x'.repeat(100_000)}",{}]`,
])('67: the event %.40s is unknown', async (packet) => {
  const before = await stored(app.db);
  const socket = await RawSocket.connected(app.url, ann.token);
  socket.says(packet);
  expect(await socket.hears((text) => text.startsWith('42["exception"'))).toContain('unknown_event');
  socket.leave();
  expect(await stored(app.db)).toBe(before);
});

describe('68: frames that are too much, or none', () => {
  const frames: [name: string, code: number, send: (socket: RawSocket) => void][] = [
    ['an event over 1 MiB', 1009, (socket) => socket.says(`42["x","${'x'.repeat(1024 * 1024)}"]`)],
    [
      '20,000 fragments of one byte',
      1008,
      (socket) => {
        const payload = Buffer.from('4');
        const fragment = { opcode: FRAME.continuation, payload, fin: false };
        socket.frames([
          { ...fragment, opcode: FRAME.text },
          ...Array<typeof fragment>(20_000).fill(fragment),
        ]);
      },
    ],
    ['a reserved bit', 1002, (socket) => socket.frame(FRAME.text, Buffer.from('42["x"]'), { rsv: 2 })],
    ['a reserved kind of frame', 1002, (socket) => socket.frame(FRAME.reserved, Buffer.from('x'))],
    ['a ping that is too long', 1002, (socket) => socket.frame(FRAME.ping, Buffer.alloc(126))],
    ['a continuation of nothing', 1002, (socket) => socket.frame(FRAME.continuation, Buffer.from('x'))],
    ['a text that is not UTF-8', 1007, (socket) => socket.frame(FRAME.text, Buffer.from([0x34, 0xff]))],
  ];

  test.each(frames)('%s: closed with %i', async (_, code, send) => {
    const socket = await RawSocket.connected(app.url, ann.token);
    send(socket);
    expect(await socket.isClosed()).toEqual({ code });
    socket.leave();
  });

  test('a post over 1 MiB by polling', async () => {
    const opened = await (await fetch(polling())).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const body = `42["x","${'x'.repeat(1024 * 1024)}"]`;
    const answer = await fetch(`${polling()}&sid=${sid}`, { method: 'POST', body });
    expect(answer.status).toBe(413);
  });

  test('2,500 headers, or a long one, of a request and of an upgrade', async () => {
    const many = Object.fromEntries(Array.from({ length: 2500 }, (_, index) => [`X-${index}`, '1']));
    const lines = Object.entries(many).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = 'GET /health/live HTTP/1.1\r\nHost: x\r\n';
    expect(await sendBytes(app.url, `${head}${lines.join('')}\r\n`)).toMatch(
      /^HTTP\/1\.1 431 .*"too_large"/s,
    );
    expect(await sendBytes(app.url, `${head}X: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    const upgrade = await RawSocket.open(app.url, { headers: many });
    expect(upgrade.answer).toMatch(/^HTTP\/1\.1 431 /);
    upgrade.leave();
  });
});

describe('69: what is small until it is unpacked', () => {
  /** 50 MB of blanks in a valid body. */
  const bomb = gzipSync(`{"text":"${' '.repeat(50 * 1024 * 1024)}"}`);

  test('no compression is agreed upon, and a frame that is compressed all the same ends the connection', async () => {
    const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const socket = await RawSocket.open(app.url, { headers });
    expect(socket.answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(socket.answer).not.toMatch(/sec-websocket-extensions/i);
    socket.frame(FRAME.text, bomb, { rsv: 4 });
    expect(await socket.isClosed()).toEqual({ code: 1002 });
    socket.leave();
  });

  test.each(['gzip', 'deflate', 'br', 'gzip, gzip'])(
    'a body with the encoding %s is not unpacked',
    async (encoding) => {
      const before = await stored(app.db);
      const answer = await fetch(`${app.url}/api/messages/send`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ann.token}`,
          'content-type': 'application/json',
          'content-encoding': encoding,
        },
        body: bomb,
      });
      expect(await answer.json()).toMatchObject({ success: false, code: 'malformed_json' });
      expect(answer.status).toBe(400);
      expect(await stored(app.db)).toBe(before);
    },
  );
});

describe('70: events that are formed badly', () => {
  test.each([
    ['no payload', '42["sendMessage"]'],
    ['a number', '42["sendMessage",5]'],
    ['null', '42["sendMessage",null]'],
    ['a text', '42["typing","x"]'],
    ['a list', '42["authenticate",[]]'],
    ['three payloads', '42["sendMessage",{},{},{}]'],
    ['an empty object', '42["sendMessage",{}]'],
  ])('%s, without and with an acknowledgement', async (_, packet) => {
    const before = await stored(app.db);
    const socket = await RawSocket.connected(app.url, ann.token);
    socket.says(packet);
    const exception = await socket.hears((text) => text.startsWith('42["exception"'));
    expect(exception).toContain('"code":"validation_failed"');
    expect(exception).toContain(`"event":${JSON.stringify((JSON.parse(packet.slice(2)) as string[])[0])}`);
    socket.says(packet.replace('42[', '4217['));
    expect(await socket.hears((text) => text.startsWith('4317['))).toContain('"code":"validation_failed"');
    socket.leave();
    expect(await stored(app.db)).toBe(before);
  });

  test('strange ids of acknowledgements are given back or end the connection, and nothing is answered twice', async () => {
    const socket = await RawSocket.connected(app.url, ann.token);
    for (const id of ['0', '7', '7', '9007199254740993', '00']) socket.says(`42${id}["nonsense",{}]`);
    socket.says('428["last",{}]');
    await socket.hears((text) => text.startsWith('438['));
    const ids = socket.texts.flatMap((text) => /^43(\d+)\[/.exec(text)?.[1] ?? []);
    expect(ids).toEqual(['0', '7', '7', '9007199254740992', '0', '8']);
    socket.leave();
    await endConnection(['42-1["nonsense",{}]']);
  });

  test('an answer to what nobody asked, and what says nothing, is passed over', async () => {
    const socket = await sent(['43999[{"success":true}]', '430[]', '43', '42', '42["still there",{}]']);
    await socket.hears((text) => text.includes('"event":"still there"'));
    socket.leave();
  });
});

describe('73: clients that take their time', () => {
  const LIMITS = { ...HTTP_LIMITS, head: 600, request: 1200, silence: 2400, check: 100 };
  /** What a limit of a second or two is given on a busy machine; Node's own take half a minute and more. */
  const LATE = 15_000;
  let strict: RunningApp;
  beforeAll(async () => {
    strict = await startApp({}, LIMITS);
  });
  afterAll(() => strict.stop());

  /** Sends the first bytes, then one more every 50 ms until the server ends it, and gives what it said. */
  async function trickles(first: string, more: string): Promise<{ said: string; ms: number }> {
    const begun = Date.now();
    const socket = await openConnection(strict.url);
    socket.on('error', () => undefined);
    socket.write(first);
    const ticker = setInterval(() => socket.writable && socket.write(more), 50);
    const said = await textOf(socket);
    clearInterval(ticker);
    return { said, ms: Date.now() - begun };
  }

  test('50 slow heads are ended, and others are served meanwhile', async () => {
    const head = 'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ';
    let areSlow = true;
    const slow = Promise.all(Array.from({ length: 50 }, () => trickles(head, 'x'))).finally(() => {
      areSlow = false;
    });
    const served: number[] = [];
    while (areSlow) served.push((await call(strict.url, 'GET', '/health/ready')).status);
    const outcomes = await slow;
    expect(outcomes.filter(({ said }) => !/^HTTP\/1\.1 408 .*"success":false/s.test(said))).toEqual([]);
    expect(outcomes.filter(({ ms }) => ms > LATE)).toEqual([]);
    expect(new Set(served)).toEqual(new Set([200]));
  });

  test.each([
    ['a slow body', 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'],
    ['a slow post of polling', 'POST /socket.io/?EIO=4&transport=polling&sid=SID HTTP/1.1\r\nHost: x\r\n'],
  ])('%s is ended', async (_, head) => {
    const opened = await fetch(`${strict.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    const { said, ms } = await trickles(`${head.replace('SID', sid)}Content-Length: 1000\r\n\r\n`, ' ');
    expect(said === '' || said.startsWith('HTTP/1.1 408 ') || said.startsWith('HTTP/1.1 400 ')).toBe(true);
    expect(ms).toBeLessThan(LATE);
  });

  test('a connection that says nothing is ended', async () => {
    const socket = await openConnection(strict.url);
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
  });

  test('an open socket is not taken for one', async () => {
    const socket = await RawSocket.connected(strict.url, (await friends(strict.url)).ann.token);
    await once(AbortSignal.timeout(LIMITS.silence + 2 * LIMITS.check), 'abort');
    socket.says('42["still there",{}]');
    await socket.hears((text) => text.includes('still there'));
    socket.leave();
  });

  test('the limits of the service itself are in force', () => {
    const server = app.app.getHttpServer() as Server;
    expect(server.headersTimeout).toBe(HTTP_LIMITS.head);
    expect(server.requestTimeout).toBe(HTTP_LIMITS.request);
    expect(server.timeout).toBe(HTTP_LIMITS.silence);
    expect(HTTP_LIMITS.head).toBeLessThanOrEqual(15_000);
    expect(HTTP_LIMITS.check).toBeLessThanOrEqual(5000);
    expect(HTTP_LIMITS.silence).toBeGreaterThan(25_000);
  });
});

describe('74: a request that two servers would read differently', () => {
  const LINE = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const SECOND = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
  const requests: Record<string, string> = {
    'a length and chunks': `${LINE}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    'chunks and a length': `${LINE}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${SECOND}`,
    'two lengths': `${LINE}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc${SECOND}`,
    'the same length twice': `${LINE}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc${SECOND}`,
    'two lengths in one': `${LINE}Content-Length: 3, 4\r\n\r\nabc${SECOND}`,
    'a length with a sign': `${LINE}Content-Length: +3\r\n\r\nabc${SECOND}`,
    'a length below zero': `${LINE}Content-Length: -1\r\n\r\n${SECOND}`,
    'a hexadecimal length': `${LINE}Content-Length: 0x3\r\n\r\nabc${SECOND}`,
    'a folded header': `${LINE}X: a\r\n b\r\n\r\n${SECOND}`,
    'a folded length': `${LINE}Content-Length:\r\n 3\r\n\r\nabc${SECOND}`,
    'a folded encoding': `${LINE}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    'a blank before a colon': `${LINE}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    'an encoding that only looks like chunked': `${LINE}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SECOND}`,
    'chunked, but not as the last': `${LINE}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SECOND}`,
    'ends of lines without a return': `${LINE.replaceAll('\r', '')}Content-Length: 0\n\n${SECOND}`,
    'a return alone in a header': `${LINE}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    'NUL in a header': `${LINE}X: a\0b\r\n\r\n${SECOND}`,
    'a size of a chunk that overflows': `${LINE}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${SECOND}`,
    'a size of a chunk with a sign': `${LINE}Transfer-Encoding: chunked\r\n\r\n-1\r\n${SECOND}`,
    'no host': `${LINE.replace('Host: x\r\n', '')}Content-Length: 0\r\n\r\n${SECOND}`,
    'two hosts': `${LINE}Host: y\r\nContent-Length: 0\r\n\r\n${SECOND}`,
    'the same host twice': `${LINE}host: x\r\nContent-Length: 0\r\n\r\n${SECOND}`,
    'no HTTP': 'nonsense\r\n\r\n',
    'another protocol': '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  };

  test.each(Object.keys(requests))('%s: 400, and nothing behind it is answered', async (name) => {
    const before = await stored(app.db);
    const answer = await sendBytes(app.url, requests[name] ?? '');
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ success: false });
    expect(await stored(app.db)).toBe(before);
  });

  test.each(['', 'Host: x\r\nHost: y\r\n'])('%j to Socket.IO: 400', async (hosts) => {
    const upgrade = `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n`;
    for (const request of [
      `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`,
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${hosts}Connection: Upgrade\r\n${upgrade}\r\n`,
    ]) {
      expect(await sendBytes(app.url, request)).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});
