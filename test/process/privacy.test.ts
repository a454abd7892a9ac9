import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Device } from '../support/device.js';
import { call, friends, type HttpAnswer } from '../support/person.js';
import { ServiceProcesses } from '../support/service-process.js';

/** In every password and text that this test sends, and nowhere else. */
const SECRET = 'xyzzy-plugh';

let services: ServiceProcesses;

beforeAll(async () => {
  services = await ServiceProcesses.inFolder();
});

afterAll(() => services.end());

/** Sends bytes as they are, waits for the end of the answer. */
async function raw(url: string, bytes: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(bytes);
  socket.resume();
  await once(socket, 'close');
}

test('no token, password or text gets into the log at its chattiest, and every answer has the id to find it by', async () => {
  const service = await services.start({ LOG_LEVEL: 'trace', METRICS_TOKEN: `metrics-${SECRET}` });
  const { url } = service;
  const { ann, bob } = await friends(url);
  const answers: HttpAnswer[] = [];
  const asks = async (...[method, path, options]: [string, string, Parameters<typeof call>[3]?]) => {
    const answer = await call<{ accessToken?: string; refreshToken?: string }>(url, method, path, options);
    answers.push(answer);
    return answer;
  };

  const email = 'cleo@example.org';
  const signUp = { email, password: `${SECRET} password`, name: 'Cleo' };
  const { token } = ann;
  await asks('POST', '/api/auth/register', { body: signUp });
  await asks('POST', '/api/auth/register', { body: signUp });
  await asks('POST', '/api/auth/register', { body: { ...signUp, [SECRET]: SECRET } });
  const signedIn = (await asks('POST', '/api/auth/login', { body: { email, password: signUp.password } }))
    .body;
  await asks('POST', '/api/auth/login', { body: { email, password: `${SECRET} wrong` } });
  await asks('POST', '/api/auth/login', { body: { email, password: { $gt: SECRET } } });
  await asks('POST', '/api/auth/refresh', { body: { refreshToken: signedIn.refreshToken } });
  await asks('POST', '/api/auth/refresh', { body: { refreshToken: `${SECRET}.made.up` } });
  await asks('GET', '/metrics', { token: `metrics-${SECRET}` });
  await asks('GET', '/api/users/me', { token: `${token}x` });
  await asks('GET', `/api/users/me?token=${token}`);
  await asks('GET', `/${SECRET}?token=${token}`);
  await asks('GET', `/api/messages/${SECRET}`, { token });
  await asks('POST', '/api/messages/send', {
    token,
    body: { recipientId: bob.id, text: `Hello, ${SECRET}` },
  });
  await asks('POST', '/api/messages/send', { token, body: { recipientId: SECRET, text: SECRET } });
  await asks('POST', '/api/messages/send', { token, body: SECRET });
  await asks('POST', '/api/messages/send', {
    token,
    headers: { 'content-type': `text/${SECRET}` },
    body: SECRET,
  });
  await asks('PUT', `/api/conversations/${bob.id}/metadata`, { token, body: { customRingtone: SECRET } });
  for (const { headers, status } of answers) {
    expect([status, headers.get('x-request-id')]).toEqual([status, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  }

  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const device = await ann.connects({ auth: {}, query: { token }, transports });
    await device.asks('sendMessage', { recipientId: bob.id, text: `Again ${SECRET}` });
    await device.asks('sendMessage', { recipientId: SECRET, text: SECRET, [SECRET]: SECRET });
    await device.raw('sendMessage', SECRET, SECRET);
    await device.raw(SECRET, { text: SECRET });
    await device.asks('authenticate', { token: `${token}x` });
    device.emits('sendMessage', { text: SECRET });
    await device.hears('exception');
    await Device.open(url, { query: { token: `${SECRET}${token}` }, transports }).isRefused();
    await Device.open(url, { extraHeaders: { authorization: `Bearer ${token}x` }, transports }).isRefused();
  }
  await raw(url, `GET /${SECRET}?token=${token} HTTP/9.9\r\n\r\n`);
  await raw(url, `${SECRET}\r\n\r\n`);
  ann.leaves();
  expect(await service.isStopped()).toEqual({ code: 0, signal: null });

  const log = service.stdout + service.stderr;
  expect(log).toContain('POST');
  for (const secret of [SECRET, ann.password, ann.token, bob.token, ann.refreshToken, signedIn.accessToken]) {
    expect(secret).toBeTruthy();
    expect(log).not.toContain(secret);
  }
  expect(log).not.toMatch(/eyJ[\w-]{10,}\./);
});
