import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { Types, type mongo } from 'mongoose';
import { conversationIdOf, newId } from '../src/database/ids.js';
import type { StoredMessage } from '../src/messages/message.js';
import { MessagesRepository } from '../src/messages/messages.repository.js';
import { headAfter, placeBehind } from '../src/messages/numbering.js';
import { UsersRepository } from '../src/users/users.repository.js';
import { call, dataOf, Person } from './support/person.js';
import { QueryLog, type RecordedQuery } from './support/query-log.js';
import { routesOf } from './support/routes.js';
import { type RunningApp, startApp } from './support/running-app.js';

/** Ann's friends beside those who play a part, and messages with each: enough that a walk over all of them shows. */
const FRIENDS = 25;
const MESSAGES = 60;

/** Accounts of people who have nothing to do with anybody. */
const STRANGERS = 300;

/** As `docs/operations.md` shards them; `users` and `sessions` stay on one shard. */
const SHARD_KEYS: Record<string, string> = {
  messages: 'conversationId',
  receipts: '_id',
  friendships: 'userId',
  conversation_metadata: 'userId',
};

let app: RunningApp;
let queries: RecordedQuery[];
const unused = new Set<string>();

beforeAll(async () => {
  app = await startApp();
  watchRepositories();
  const people = await gather();
  const log = await QueryLog.begin(app.db);
  await visit(people);
  queries = await log.end();
}, 120_000);
afterAll(() => app.stop());

/** Notes which methods of the repositories are never called. */
function watchRepositories(): void {
  for (const { providers } of app.app.get(ModulesContainer).values()) {
    for (const { instance } of providers.values()) {
      const name = (instance as object | undefined)?.constructor.name ?? '';
      if (!name.endsWith('Repository')) continue;
      const repository = instance as Record<string, (...args: unknown[]) => unknown>;
      const prototype = Object.getPrototypeOf(repository) as object;
      for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (method === 'constructor' || typeof value !== 'function') continue;
        unused.add(`${name}.${method}`);
        repository[method] = function (this: unknown, ...args: unknown[]): unknown {
          unused.delete(`${name}.${method}`);
          return (value as (...all: unknown[]) => unknown).apply(this, args);
        };
      }
    }
  }
}

interface People {
  ann: Person;
  bob: Person;
  cleo: Person;
  dan: Person;
}

/** A store in which it shows whether a query looks at more than it needs. */
async function gather(): Promise<People> {
  const [ann, bob, cleo, dan] = (await Promise.all(
    ['Ann', 'Bob', 'Cleo', 'Dan'].map((name) => Person.signUp(app.url, name)),
  )) as [Person, Person, Person, Person];
  const users = app.app.get(UsersRepository);
  for (let index = 0; index < STRANGERS; index += 1) {
    const email = `stranger.${index}@example.org`;
    await users.create({ email, name: `Stranger ${index}`, photoURL: null, passwordHash: 'none' });
  }
  const friends = await Promise.all(
    Array.from({ length: FRIENDS }, (_, index) => Person.signUp(app.url, `Friend ${index}`)),
  );
  for (const friend of [bob, cleo, ...friends]) await ann.befriends(friend);
  for (const friend of [bob, ...friends]) await talked(friend, ann);
  for (const friend of friends) {
    await ann.put(`/api/conversations/${friend.id}/metadata`, { isFavorite: true });
  }
  return { ann, bob, cleo, dan };
}

/** What one has written to the other long ago. */
async function talked(sender: Person, recipient: Person): Promise<void> {
  const conversationId = conversationIdOf(sender.id, recipient.id);
  const messages: StoredMessage[] = [];
  for (let index = 1; index <= MESSAGES; index += 1) {
    const draft = { _id: newId(), conversationId, senderId: sender.id, recipientId: recipient.id };
    const said = { ...draft, text: `${index}`, clientMessageId: `old-${index}` };
    messages.push(placeBehind(headAfter(messages.at(-1)), said, false));
  }
  await app.app.get(MessagesRepository).insert(messages);
}

/** Every route and every event, each as it succeeds. */
async function visit({ ann, bob, cleo, dan }: People): Promise<void> {
  await account(ann);
  await friendship(ann, dan);
  await messages(ann, bob);
  await behindABlock(ann, cleo);
  await overview(ann);
  await events(ann, bob);
  await sessions(dan);
  await afterUnknownOutcome(ann, bob);
}

async function account(ann: Person): Promise<void> {
  await ann.get('/api/users/me');
  await ann.patch('/api/users/me', { name: 'Ann the First' });
  await ann.patch('/api/users/me', {});
  await ann.get('/api/users?query=strang&limit=5');
  await ann.get('/api/users?query=stranger.7@example.org');
  const { refreshToken } = ann;
  await call(app.url, 'POST', '/api/auth/refresh', { body: { refreshToken } });
  // The same again, as a second tab would.
  await call(app.url, 'POST', '/api/auth/refresh', { body: { refreshToken } });
  await call(app.url, 'GET', '/health/live');
  await call(app.url, 'GET', '/health/ready');
}

async function friendship(ann: Person, dan: Person): Promise<void> {
  const asks = async () => {
    const { body } = await ann.post<{ request: { _id: string } }>('/api/friends/requests', {
      userId: dan.id,
      note: 'Hello',
    });
    return `/api/friends/requests/${body.request._id}`;
  };
  await ann.delete(await asks());
  await dan.post(`${await asks()}/decline`);
  const request = await asks();
  await ann.get('/api/friends/requests');
  await dan.post(`${request}/accept`);
  await ann.get('/api/friends');
  await ann.delete(`/api/friends/${dan.id}`);
}

async function messages(ann: Person, bob: Person): Promise<void> {
  await ann.says(bob, 'Hello', 'key');
  await ann.says(bob, 'Hello', 'key');
  for (const query of ['?limit=20', '?limit=20&before=30', '?limit=20&after=30', '']) {
    await ann.reads(bob, query);
  }
  await ann.put(`/api/conversations/${bob.id}/read`, { seq: MESSAGES });
}

async function behindABlock(ann: Person, cleo: Person): Promise<void> {
  await cleo.says(ann, 'Hi');
  await ann.says(cleo, 'Hi');
  await cleo.blocks(ann);
  await ann.says(cleo, 'Are you there?');
  await cleo.get(`/api/conversations/${ann.id}/metadata`);
  await cleo.get('/api/conversations');
  await cleo.get('/api/friends');
  await cleo.unblocks(ann);
}

async function overview(ann: Person): Promise<void> {
  const list = '/api/conversations?limit=10';
  const { body } = await ann.get<{ nextCursor: string }>(list);
  await ann.get(`${list}&cursor=${body.nextCursor}`);
  await ann.get('/api/conversations/unread');
  const conversations: Record<string, string> = {};
  for (let cursor: string | null | undefined; cursor !== null;) {
    const asked = { conversations: {}, people: '', limit: 100, ...(cursor && { cursor }) };
    const answer = await ann.post<Synced>('/api/sync', asked);
    for (const { conversationId, token } of answer.body.conversations) conversations[conversationId] = token;
    ({ cursor } = answer.body);
  }
  await ann.post('/api/sync', { conversations });
}

interface Synced {
  conversations: { conversationId: string; token: string }[];
  cursor: string | null;
}

async function events(ann: Person, bob: Person): Promise<void> {
  for (let index = 1; index <= 30; index += 1) await ann.says(bob, `${index}`);
  const [anns, bobs] = [await ann.connects(), await bob.connects()];
  const { seq } = dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text: 'Live' }));
  await bobs.hears('receiveMessage', (message) => message.seq === seq);
  const upTo = { conversationId: conversationIdOf(ann.id, bob.id), seq };
  for (const event of ['messageDelivered', 'messageRead'] as const) dataOf(await bobs.asks(event, upTo));
  for (const event of ['typing', 'stopTyping'] as const) {
    dataOf(await bobs.asks(event, { recipientId: ann.id }));
  }
  dataOf(await bobs.asks('sync', { conversations: {} }));
  dataOf(await bobs.asks('authenticate', { token: bob.token }));
  bob.leaves();
  await anns.hears('userStatus', ({ userId, isOnline }) => userId === bob.id && !isOnline);
  // Read in part and delivered further: what a new connection lacks is told by the tallies.
  await ann.says(bob, 'Later');
  await bob.connects();
  ann.leaves();
  bob.leaves();
}

async function sessions(dan: Person): Promise<void> {
  const { email } = dan.account;
  const signIn = async (password: string) => {
    const body = { email, password };
    const answer = await call<{ accessToken: string }>(app.url, 'POST', '/api/auth/login', { body });
    return answer.body.accessToken;
  };
  await signIn(dan.password);
  await signIn(dan.password);
  const { body } = await dan.get<{ sessions: { _id: string; current: boolean }[] }>('/api/auth/sessions');
  const other = body.sessions.find(({ current }) => !current);
  await dan.delete(`/api/auth/sessions/${other?._id}`);
  const newPassword = 'another long password';
  await dan.put('/api/auth/password', { currentPassword: dan.password, newPassword });
  dan.token = await signIn(newPassword);
  await dan.post('/api/auth/logout');
}

/** What is asked only when an insert has ended with its connection. */
async function afterUnknownOutcome(ann: Person, bob: Person): Promise<void> {
  const { body } = await ann.posts(bob, 'Was it stored?', 'unknown');
  const found = await app.app.get(MessagesRepository).findStored([body]);
  expect(found).toHaveLength(1);
}

/** The filter of a query; an insert and the next part of a list have none. */
function filterOf({ op, command }: RecordedQuery): mongo.Document | undefined {
  if (op === 'insert' || op === 'getmore') return undefined;
  const pipeline = command['pipeline'] as mongo.Document[] | undefined;
  return (command['filter'] ??
    command['query'] ??
    command['q'] ??
    pipeline?.[0]?.['$match'] ??
    {}) as mongo.Document;
}

/** Whether everything that the filter lets pass has this field in it. */
function names(filter: mongo.Document, field: string): boolean {
  const [all, some] = [filter['$and'], filter['$or']] as (mongo.Document[] | undefined)[];
  return (
    field in filter ||
    (all?.some((one) => names(one, field)) ?? false) ||
    (some?.every((one) => names(one, field)) ?? false)
  );
}

/** How many rows a query asks for by name. */
function idsIn(part: unknown): number {
  if (part instanceof Types.ObjectId) return 1;
  if (typeof part !== 'object' || part === null || part instanceof Date) return 0;
  return Object.values(part).reduce((sum: number, one) => sum + idsIn(one), 0);
}

const described = (query: RecordedQuery) => JSON.stringify({ ...query, command: filterOf(query) });
const failing = (isBad: (query: RecordedQuery) => boolean) => queries.filter(isBad).map(described);

describe('The visit', () => {
  test('goes to every route and every event', async () => {
    const { body } = await call<string>(app.url, 'GET', '/metrics');
    const visited = new Set(
      [...body.matchAll(/_http_request_seconds_count\{method="(\w+)",route="([^"]+)",status="2\d\d"\}/g)].map(
        ([, method, route]) => `${method} ${route?.replaceAll(/:\w+/g, ':')}`,
      ),
    );
    expect(routesOf(app).filter((route) => !visited.has(route))).toEqual([]);
    const events = new Set(
      [...body.matchAll(/_socket_events_total\{event="(\w+)"\}/g)].map(([, name]) => name),
    );
    const known = [
      'sendMessage',
      'typing',
      'stopTyping',
      'messageDelivered',
      'messageRead',
      'sync',
      'authenticate',
    ];
    expect(known.filter((event) => !events.has(event))).toEqual([]);
  });

  test('uses every method of every repository', () => {
    expect([...unused]).toEqual([]);
  });
});

describe('Every query', () => {
  test('is recorded', () => {
    const collections = new Set(queries.map(({ collection }) => collection));
    expect([...collections].toSorted()).toEqual([
      'conversation_metadata',
      'friendships',
      'messages',
      'receipts',
      'sessions',
      'users',
    ]);
    expect(queries.length).toBeGreaterThan(300);
  });

  test('uses an index', () => {
    expect(failing(({ op, plan }) => op !== 'insert' && (plan === '' || /COLLSCAN/.test(plan)))).toEqual([]);
  });

  test('looks at few rows beside those that it gives or names', () => {
    const most = (query: RecordedQuery) => 2 * query.returned + idsIn(filterOf(query)) + 4;
    expect(failing((query) => query.docsExamined > most(query))).toEqual([]);
    expect(failing((query) => query.keysExamined > 3 * most(query))).toEqual([]);
  });

  test('names the shard key', () => {
    const isLoose = (query: RecordedQuery) => {
      const key = SHARD_KEYS[query.collection];
      const filter = filterOf(query);
      return key !== undefined && filter !== undefined && !names(filter, key);
    };
    expect(failing(isLoose)).toEqual([]);
  });

  test('for the ends of conversations jumps from one to the next along the index', () => {
    const ends = queries.filter(
      ({ collection, command }) => collection === 'messages' && command['pipeline'],
    );
    expect(ends.length).toBeGreaterThan(10);
    expect(ends.filter(({ plan }) => !plan.startsWith('DISTINCT_SCAN')).map(described)).toEqual([]);
  });
});
