import type { Conversation, Message, People } from '../../src/realtime/wire.js';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import { dataOf, type Person } from '../support/person.js';
import type { Synced } from '../support/replica.js';

interface Requests {
  incoming: People['incoming'];
  outgoing: People['outgoing'];
}

/** All that somebody can fetch of another person, however they ask. */
export interface View {
  history: Message[];
  older: Message[];
  newer: Message[];
  conversation: Conversation | undefined;
  unread: { total: number; conversations: Record<string, number> };
  sync: Synced;
  socketSync: Synced;
  metadata: unknown;
  friends: People['friends'];
  requests: Requests;
  found: unknown;
}

/**
 * What the viewer can fetch of the other, but for the history in the specification's own form, which reads it.
 * Fetching counts as delivered: it is the second view that is the same as the next one.
 */
export async function seenBy(viewer: Person, other: Person, device: Device): Promise<View> {
  const get = async <T>(path: string) => (await viewer.get<T>(path)).body as T;
  const all = { conversations: {}, people: '' };
  return {
    history: await viewer.reads(other, '?limit=200'),
    older: await viewer.reads(other, '?before=1000000'),
    newer: await viewer.reads(other, '?after=0'),
    conversation: await entryOf(viewer, other),
    unread: await get('/api/conversations/unread'),
    sync: (await viewer.post<Synced>('/api/sync', all)).body,
    socketSync: dataOf(await device.asks('sync', all)),
    metadata: await get(`/api/conversations/${other.id}/metadata`),
    friends: (await get<{ friends: People['friends'] }>('/api/friends')).friends,
    requests: await get('/api/friends/requests'),
    found: await get(`/api/users?query=${other.account.email}`),
  };
}

/** The other's entry in the conversation list. */
export async function entryOf(viewer: Person, other: Person): Promise<Conversation | undefined> {
  const { body } = await viewer.get<{ conversations: Conversation[] }>('/api/conversations');
  return body.conversations.find(({ otherUser }) => otherUser._id === other.id);
}

/**
 * The statuses of the messages that the viewer sent, as every answer tells them: they must all say the same, once no
 * receipt falls between two answers.
 */
export async function statusesFor(viewer: Person, other: Person): Promise<string[]> {
  let statuses: string[] | undefined;
  await eventually(async () => {
    statuses = await agreedStatuses(viewer, other);
    return statuses !== undefined;
  });
  return statuses as string[];
}

/** `undefined` where the answers disagree. */
async function agreedStatuses(viewer: Person, other: Person): Promise<string[] | undefined> {
  const mine = (messages: Message[]) =>
    messages.filter(({ senderId }) => senderId === viewer.id).map(({ status }) => status);
  const fromHistory = mine(await viewer.reads(other, '?limit=200'));
  const { body } = await viewer.post<Synced>('/api/sync', { conversations: {} });
  const synced = body.conversations.find(({ otherUserId }) => otherUserId === other.id);
  const entry = await entryOf(viewer, other);
  const last = entry?.lastMessage ? mine([entry.lastMessage]) : [];
  const fromMarks = (synced?.messages ?? [])
    .filter(({ senderId }) => senderId === viewer.id)
    .map(({ seq }) => {
      if (seq <= (entry?.read.theirs ?? 0)) return 'read';
      return seq <= (entry?.delivered.theirs ?? 0) ? 'delivered' : 'sent';
    });
  const told = { history: fromHistory, sync: mine(synced?.messages ?? []), marks: fromMarks };
  const isSame = new Set(Object.values(told).map((statuses) => statuses.join())).size === 1;
  const isLastSame = last.length === 0 || last[0] === fromHistory.at(-1);
  return isSame && isLastSame ? fromHistory : undefined;
}
