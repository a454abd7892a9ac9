import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { complaintsAbout, type Row } from '../support/checker.js';
import { Choices } from '../support/choices.js';
import { Crowd } from '../support/crowd.js';
import { call, friends, type Person } from '../support/person.js';
import { Replica, type Synced } from '../support/replica.js';
import { ReplicaSet } from '../support/replica-set.js';
import { ServiceProcesses } from '../support/service-process.js';
import { Storm } from '../support/storm.js';
import { SECRET } from '../support/tokens.js';

const DATABASE = 'chat';
const TIMEOUT = 180_000;

let services: ServiceProcesses;
let endings: (() => Promise<unknown>)[];
beforeEach(async () => {
  services = await ServiceProcesses.inFolder();
  endings = [];
});
afterEach(async () => {
  for (const end of endings.toReversed()) await end();
  await services.end();
}, TIMEOUT);

/** What the checker wants to know of the store: as it goes over the wire, ids as hex digits, times as ISO 8601. */
async function rowsAt(uri: string): Promise<Row[]> {
  const client = new mongo.MongoClient(uri);
  try {
    const rows = await client.db().collection('messages').find().toArray();
    return JSON.parse(JSON.stringify(rows)) as Row[];
  } finally {
    await client.close();
  }
}

/** The same person, signed in there anew. */
async function signedIn(person: Person, url: string): Promise<Person> {
  const body = { email: person.account.email, password: person.password };
  const answer = await call<{ accessToken: string }>(url, 'POST', '/api/auth/login', { body });
  const there = person.at(url);
  there.token = answer.body.accessToken;
  return there;
}

test(
  'a copy of a secondary, taken while people send, serves when it is restored as docs/operations.md says',
  async () => {
    const set = await ReplicaSet.start();
    endings.push(() => set.stop());
    const service = await services.start({
      MONGODB_URI: set.uri(DATABASE),
      JWT_SECRET: SECRET,
      LOG_LEVEL: 'error',
    });
    const crowd = await Crowd.gathers(service.url);
    const storm = new Storm(crowd, new Choices(1));
    endings.push(() => storm.end());
    await storm.hasAcknowledged(150);

    // Backup: a secondary that has caught up is locked and copied, and unlocked.
    const before = [...storm.acknowledged];
    const [secondary] = await set.secondaries();
    if (!secondary) throw new Error('There is no secondary');
    await set.hasCaughtUp(secondary);
    await secondary.admin({ fsync: 1, lock: true });
    const copy = join(services.folder, 'copy');
    await cp(secondary.data, copy, { recursive: true });
    // Nobody waits for it meanwhile.
    await storm.hasAcknowledged(30);
    await secondary.admin({ fsyncUnlock: 1 });
    await storm.hasAcknowledged(100);
    const acknowledged = [...(await storm.end())];
    for (const { tablet } of crowd.chatters) await tablet.sync();
    crowd.leaves();
    await service.isStopped();
    await set.stop();

    // Restore: in another place, as a set of one member, with a new secret.
    const member = await ReplicaSet.memberOn(copy);
    endings.push(() => member.end());
    member.start();
    await member.isAlone();
    const uri = `mongodb://${member.host}/${DATABASE}?replicaSet=faults`;
    const restored = await services.start({
      MONGODB_URI: uri,
      JWT_SECRET: `${SECRET}, a new one`,
      LOG_LEVEL: 'error',
    });

    // All that was acknowledged before the backup, a part of what came later, and nothing broken.
    const rows = await rowsAt(uri);
    const keys = new Set(rows.map(({ senderId, clientMessageId }) => `${senderId} ${clientMessageId}`));
    const isThere = ({ senderId, clientMessageId }: (typeof before)[number]) =>
      keys.has(`${senderId} ${clientMessageId}`);
    expect(before.filter((one) => !isThere(one))).toEqual([]);
    const lost = acknowledged.filter((one) => !isThere(one));
    expect(lost.length).toBeGreaterThan(0);
    const people = await Promise.all(crowd.chatters.map(({ person }) => signedIn(person, restored.url)));
    const replicas = people.map((person) => new Replica(person));
    // A sync moves receipts, which the next one tells.
    for (const replica of [...replicas, ...replicas]) await replica.sync();
    for (const replica of replicas) await replica.mustEqualFreshFetch();
    const views = replicas.map((replica) => ({
      of: replica.owner.id,
      userId: replica.owner.id,
      messages: [...replica.held.values()].flatMap(({ messages }) => [...messages.values()]),
    }));
    const evidence = { acknowledged: acknowledged.filter(isThere), stored: rows, views, told: [] };
    expect(complaintsAbout(evidence)).toEqual([]);

    // Devices of the time that is lost: their tokens are unknown, so they are given the newest page as it is now.
    for (const [index, { person, partner, tablet }] of crowd.chatters.entries()) {
      expect((await person.at(restored.url).get('/api/conversations')).status).toBe(401);
      const me = people[index] as Person;
      const { body } = await me.post<Synced>('/api/sync', { conversations: tablet.tokens });
      const last = rows
        .filter(
          ({ senderId, recipientId }) =>
            [senderId, recipientId].toSorted().join() === [person.id, partner.id].toSorted().join(),
        )
        .reduce((highest, { seq }) => Math.max(highest, seq), 0);
      expect(body.conversations.map(({ lastSeq, messages }) => [lastSeq, messages.at(-1)?.seq])).toEqual([
        [last, last],
      ]);
    }

    // What is lost and sent again by a client that still has it is stored, once, behind the last.
    const [missing] = lost;
    if (!missing) throw new Error('Nothing is lost');
    const sender = people.find(({ id }) => id === missing.senderId) as Person;
    const body = {
      recipientId: missing.recipientId,
      text: missing.text,
      clientMessageId: missing.clientMessageId,
    };
    const answers = [
      await sender.post('/api/messages/send', body),
      await sender.post('/api/messages/send', body),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
  },
  TIMEOUT,
);

test(
  'the data folder of a stopped service, copied, serves elsewhere with its secret: nobody notices',
  async () => {
    const service = await services.start();
    const { ann, bob } = await friends(service.url);
    for (let index = 1; index <= 20; index += 1) await ann.says(bob, `${index}`);
    const phone = new Replica(bob);
    await phone.sync();
    await phone.sync();
    await service.isStopped();
    const copy = services.newDataDir();
    await cp(service.dataDir, copy, { recursive: true });

    const restored = await services.start({ DATA_DIR: copy });
    const there = bob.at(restored.url);
    const { body } = await there.post<Synced>('/api/sync', { conversations: phone.tokens });
    expect(body.conversations).toEqual([]);
    expect((await there.reads(ann, '?limit=200')).map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(await ann.at(restored.url).says(bob, 'On')).toMatchObject({ seq: 21 });
  },
  TIMEOUT,
);
