import { expect } from '@jest/globals';
import type { Message } from '../../src/realtime/wire.js';
import { type Answer, type Device } from '../support/device.js';
import { dataOf, type Person } from '../support/person.js';
import type { Case } from './cells.js';
import type { Scene } from './scene.js';

/** Who does something, and on which of their devices. */
export interface Actor {
  person: Person;
  device: Device;
}

/** What can be sent: a text, an attachment, both. */
export const CONTENTS: object[] = [
  { text: 'a secret' },
  { text: 'a secret picture', attachment: { type: 'image', url: 'https://example.org/secret.png' } },
  { attachment: { type: 'file', url: 'https://example.org/secret.pdf' } },
];

interface Way {
  /** Sends, and it must succeed with a new message. */
  sends: (from: Actor, to: Person, content?: object) => Promise<Message>;
  /** Sends, and it must fail. @returns the code */
  isRefused: (from: Actor, to: Person) => Promise<unknown>;
  /** Says that all up to and including this number is read. */
  reads: (me: Actor, other: Person, upTo: Message) => Promise<void>;
}

async function asks(device: Device, event: 'sendMessage' | 'messageRead', payload: object) {
  return (await device.asks(event, payload)) as Answer<unknown>;
}

/** The two transports. */
export const WAYS: Record<'HTTP' | 'socket', Way> = {
  HTTP: {
    sends: async ({ person }, to, content = { text: 'a secret' }) => {
      const answer = await person.post<Message>('/api/messages/send', { recipientId: to.id, ...content });
      expect(answer.status).toBe(201);
      return answer.body;
    },
    isRefused: async ({ person }, to) => {
      const { status, body } = await person.posts(to, 'refused');
      expect(status).toBe(403);
      return body.code;
    },
    reads: async ({ person }, other, { seq }) => {
      const { status } = await person.put(`/api/conversations/${other.id}/read`, { seq });
      expect(status).toBe(200);
    },
  },
  socket: {
    sends: async ({ device }, to, content = { text: 'a secret' }) =>
      dataOf(await device.asks('sendMessage', { recipientId: to.id, ...content })),
    isRefused: async ({ device }, to) => {
      const answer = await asks(device, 'sendMessage', { recipientId: to.id, text: 'refused' });
      return answer.success ? 'accepted' : answer.code;
    },
    reads: async ({ device }, _, { conversationId, seq }) => {
      expect(await asks(device, 'messageRead', { conversationId, seq })).toEqual({
        success: true,
        data: null,
      });
    },
  },
};

/** One case for each transport. */
export function onBoth(
  check: (scene: Scene, way: Way, name: 'HTTP' | 'socket') => Promise<void>,
): [Case, Case] {
  return [
    { name: 'by HTTP', check: (scene) => check(scene, WAYS.HTTP, 'HTTP') },
    { name: 'by socket', check: (scene) => check(scene, WAYS.socket, 'socket') },
  ];
}

/** A way to receive what the other wrote, up to and including this number. */
type Receives = (me: Actor, other: Person, upTo: { conversationId: string; seq: number }) => Promise<unknown>;

/** All ways that count as delivered. Some receive all there is. */
const DELIVERING: [name: string, receives: Receives][] = [
  ['messageDelivered', async ({ device }, _, upTo) => dataOf(await device.asks('messageDelivered', upTo))],
  ['a page', ({ person }, other, { seq }) => person.reads(other, `?after=0&limit=${seq}`)],
  ['a sync by HTTP', ({ person }) => person.post('/api/sync', { conversations: {} })],
  ['a sync by socket', async ({ device }) => dataOf(await device.asks('sync', { conversations: {} }))],
];

/** All ways that count as read; the last one reads all there is. */
export const READING: [name: string, reads: Receives][] = [
  ['messageRead', async ({ device }, _, upTo) => dataOf(await device.asks('messageRead', upTo))],
  [
    'PUT read',
    async ({ person }, other, { seq }) => {
      expect((await person.put(`/api/conversations/${other.id}/read`, { seq })).status).toBe(200);
    },
  ],
  ['opening the history', ({ person }, other) => person.reads(other)],
];

/** All ways to receive, those that go farthest last. */
export const RECEIVING = [...DELIVERING, ...READING];
