import type { Device } from '../support/device.js';
import type { Scene } from './scene.js';

/** Where Ann is when she does something. */
export interface Context {
  scene: Scene;
  phone: Device;
  /** Where Bob's message stands. */
  bobs: { conversationId: string; seq: number };
}

/** One thing that Ann does. */
export type Does = [name: string, act: (context: Context) => Promise<unknown>];

const url = 'https://example.org/a.png';
const send = (body: object, ...keys: string[]): Does[] =>
  ['', ...keys].flatMap((clientMessageId): Does[] => [
    [
      `sends by HTTP ${clientMessageId}`,
      ({ scene: { ann, bob } }) =>
        ann.post('/api/messages/send', {
          recipientId: bob.id,
          ...body,
          ...(clientMessageId && { clientMessageId: `h-${clientMessageId}` }),
        }),
    ],
    [
      `sends by socket ${clientMessageId}`,
      ({ phone, scene: { bob } }) =>
        phone.asks('sendMessage', {
          recipientId: bob.id,
          ...body,
          ...(clientMessageId && { clientMessageId: `s-${clientMessageId}` }),
        }),
    ],
  ]);
const get = (path: string): Does => [
  `GET ${path}`,
  ({ scene: { ann, bob } }) =>
    ann.get(path.replace('B', bob.id).replace('MAIL', encodeURIComponent(bob.account.email))),
];
const emit = (event: 'typing' | 'stopTyping'): Does => [
  event,
  ({ phone, scene: { bob } }) => phone.asks(event, { recipientId: bob.id }),
];
const receipt = (event: 'messageDelivered' | 'messageRead', above = 0): Does => [
  `${event} ${above}`,
  ({ phone, bobs: { conversationId, seq } }) => phone.asks(event, { conversationId, seq: seq + above }),
];

const LOOKS: Does[] = [
  get('/api/friends'),
  get('/api/friends/requests'),
  get('/api/users?query=MAIL'),
  get('/api/conversations'),
  get('/api/conversations/unread'),
  get('/api/conversations/B/metadata'),
  get('/api/messages/B?limit=2'),
  get('/api/messages/B?limit=2&before=2'),
  get('/api/messages/B?after=0'),
  ['sync', ({ scene: { ann } }) => ann.post('/api/sync', { conversations: {}, people: '' })],
  ['sync by socket', ({ phone }) => phone.asks('sync', { conversations: {}, people: '' })],
];

const request = async ({ scene: { ann } }: Context): Promise<string> => {
  const { body } = await ann.get<{ outgoing: { _id: string }[] }>('/api/friends/requests');
  return body.outgoing[0]?._id ?? 'f'.repeat(24);
};
const ask: Does = [
  'asks for friendship',
  ({ scene: { ann, bob } }) => ann.post('/api/friends/requests', { userId: bob.id, note: 'please' }),
];

/** All that Ann can do that has to do with Bob, and what she then sees. */
export const SCRIPT: Does[] = [
  ...LOOKS,
  ...send({ text: 'Hi' }, 'k1', 'k1'),
  ...send({ text: 'other' }, 'k1'),
  ...send({ text: 'Hi', attachment: { type: 'image', url } }),
  ...send({ attachment: { type: 'file', url } }),
  ...send({ text: '' }),
  emit('typing'),
  emit('stopTyping'),
  emit('typing'),
  ...send({ text: 'typed' }),
  ...LOOKS,
  receipt('messageDelivered'),
  receipt('messageRead'),
  receipt('messageRead', 1000),
  ['PUT read', ({ scene: { ann, bob } }) => ann.put(`/api/conversations/${bob.id}/read`, { seq: 1 })],
  ['PUT read 1000', ({ scene: { ann, bob } }) => ann.put(`/api/conversations/${bob.id}/read`, { seq: 1000 })],
  get('/api/messages/B'),
  [
    'PUT metadata',
    ({ scene: { ann, bob } }) => ann.put(`/api/conversations/${bob.id}/metadata`, { isPinned: true }),
  ],
  ...LOOKS,
  ask,
  [
    'takes back',
    async (context) => context.scene.ann.delete(`/api/friends/requests/${await request(context)}`),
  ],
  ['ends the friendship', ({ scene: { ann, bob } }) => ann.delete(`/api/friends/${bob.id}`)],
  ['ends it again', ({ scene: { ann, bob } }) => ann.delete(`/api/friends/${bob.id}`)],
  ...send({ text: 'no friends' }),
  ...send({ text: 'Hi' }, 'k1'),
  emit('typing'),
  ask,
  ask,
  [
    'accepts her own',
    async (context) => context.scene.ann.post(`/api/friends/requests/${await request(context)}/accept`),
  ],
  ...LOOKS,
  [
    'takes back',
    async (context) => context.scene.ann.delete(`/api/friends/requests/${await request(context)}`),
  ],
  ask,
];
