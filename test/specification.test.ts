/**
 * The client that knows only docs/specification.md: nothing here uses a name, field or answer that is not in it,
 * but for signing up and becoming friends, which it takes as given.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { type Person, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

let app: RunningApp;
let jane: Person;
let john: Person;
let sockets: Socket[] = [];

beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  const { ann, bob } = await friends(app.url);
  [jane, john] = [ann, bob];
});
afterEach(() => {
  for (const socket of sockets) socket.disconnect();
  sockets = [];
});
afterAll(() => app.stop());

async function request(person: Person, method: string, path: string, body?: unknown) {
  const response = await fetch(app.url + path, {
    method,
    headers: {
      Authorization: `Bearer ${person.token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function listen<T = unknown>(
  socket: { once(event: string, heard: (value: T) => void): unknown },
  event: string,
): Promise<T> {
  return new Promise((resolve) => {
    socket.once(event, resolve);
  });
}

describe.each([
  ['websocket', ['websocket']],
  ['polling', ['polling']],
  ['upgrade', ['polling', 'websocket']],
])('over %s', (_, transports) => {
  async function connect(person: Person): Promise<Socket> {
    const socket = io(app.url, { query: { token: person.token }, transports, forceNew: true });
    sockets.push(socket);
    const upgraded =
      transports.length > 1 &&
      new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve()));
    await listen(socket, 'connect');
    await upgraded;
    return socket;
  }

  test('2. and 4.2: sendMessage reaches the other as receiveMessage, a full message object', async () => {
    const [janes, johns] = await Promise.all([connect(jane), connect(john)]);
    const received = listen(johns, 'receiveMessage');
    janes.emit('sendMessage', {
      recipientId: john.id,
      text: 'Hello there!',
      attachment: { type: 'image', url: 'https://example.com/image.jpg' },
    });
    expect(await received).toMatchObject({
      _id: expect.any(String),
      conversationId: expect.any(String),
      senderId: jane.id,
      recipientId: john.id,
      text: 'Hello there!',
      attachment: { type: 'image', url: 'https://example.com/image.jpg' },
      createdAt: expect.any(String),
      status: expect.stringMatching(/^(sent|delivered|read)$/),
    });
  });

  test('4.2: typing, stopTyping and typingStatus', async () => {
    const [janes, johns] = await Promise.all([connect(jane), connect(john)]);
    let status = listen(johns, 'typingStatus');
    janes.emit('typing', { recipientId: john.id });
    expect(await status).toEqual({ senderId: jane.id, isTyping: true });
    status = listen(johns, 'typingStatus');
    janes.emit('stopTyping', { recipientId: john.id });
    expect(await status).toEqual({ senderId: jane.id, isTyping: false });
  });

  test('4.2: userStatus tells friends of coming and going', async () => {
    const johns = await connect(john);
    let status = listen(johns, 'userStatus');
    const janes = await connect(jane);
    expect(await status).toMatchObject({ userId: jane.id, isOnline: true });
    status = listen(johns, 'userStatus');
    janes.disconnect();
    expect(await status).toEqual({ userId: jane.id, isOnline: false, lastSeen: expect.any(String) });
  });
});

describe('REST', () => {
  test('1.: a request without a valid token is a 401 in the generic shape', async () => {
    for (const token of ['', 'Bearer nonsense']) {
      const response = await fetch(`${app.url}/api/friends`, { headers: { Authorization: token } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ success: false, message: expect.any(String) });
    }
  });

  test('3.1: the friends list', async () => {
    expect(await request(jane, 'GET', '/api/friends')).toEqual({
      status: 200,
      body: {
        success: true,
        friends: [{ _id: john.id, name: 'Bob', photoURL: null, isOnline: false, lastSeen: null }],
      },
    });
  });

  test('3.2 and 3.3: a message is sent and read', async () => {
    const sent = await request(jane, 'POST', '/api/messages/send', {
      recipientId: john.id,
      text: 'Hello there!',
    });
    expect(sent).toMatchObject({ status: 201, body: { senderId: jane.id, text: 'Hello there!' } });
    const history = await request(john, 'GET', `/api/messages/${jane.id}`);
    expect(history).toMatchObject({ status: 200, body: [{ _id: sent.body._id, text: 'Hello there!' }] });
  });

  test('3.4: conversation metadata', async () => {
    const wanted = { isPinned: true, isBlocked: false, customRingtone: 'ringtone_url', isFavorite: true };
    expect(await request(jane, 'PUT', `/api/conversations/${john.id}/metadata`, wanted)).toMatchObject({
      status: 200,
      body: { _id: expect.any(String), userId: jane.id, otherUserId: john.id, ...wanted },
    });
  });

  test('5.: errors have the generic shape', async () => {
    const answers = await Promise.all([
      request(jane, 'POST', '/api/messages/send', {}),
      request(jane, 'GET', `/api/messages/${'0'.repeat(24)}`),
      request(jane, 'GET', '/api/nothing'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 404]);
    for (const { body } of answers)
      expect(body).toMatchObject({ success: false, message: expect.any(String) });
  });
});
