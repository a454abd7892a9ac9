import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { inOrder } from '../src/database/ids.js';
import type { Message } from '../src/realtime/wire.js';
import type { Device } from './support/device.js';
import { dataOf, friends, Person } from './support/person.js';
import { RawSocket } from './support/raw-socket.js';
import { type RunningApp, startApp } from './support/running-app.js';
import { message, UnreliableBus } from './support/unreliable-bus.js';

let app: RunningApp;
let bus: UnreliableBus;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  ({ ann, bob } = await friends(app.url));
  bus = UnreliableBus.of(app);
});
afterEach(() => {
  bus.restore();
  ann.leaves();
  bob.leaves();
  RawSocket.leaveAll();
});
afterAll(() => app.stop());

/** One after the other. */
async function says(from: Person, to: Person, ...texts: string[]): Promise<Message[]> {
  const sent: Message[] = [];
  for (const text of texts) sent.push(await from.says(to, text));
  return sent;
}

/** Texts of the messages told to a device so far, those of its person's other devices in brackets. */
function heard({ seen }: Device): string[] {
  return seen.flatMap(({ event, payload }) => {
    const { text } = payload as Message;
    if (event === 'messageSent') return [`(${text})`];
    return event === 'receiveMessage' ? [text] : event === 'ready' ? ['ready'] : [];
  });
}

/** Resolved when this text was told to the device. */
async function hears(device: Device, text: string): Promise<void> {
  await device.hears('receiveMessage', (told) => told.text === text);
}

/** Resolved when Ann is told that Bob has received or read up to this number. */
async function isDelivered(anns: Device, upTo: number): Promise<void> {
  await anns.hears('messageStatus', ({ userId, seq }) => userId === bob.id && seq === upTo);
}

describe('On connect', () => {
  test('what no device has confirmed comes in order, then ready', async () => {
    const sent = await says(ann, bob, '1', '2', '3');
    const anns = await ann.connects();
    const phone = await bob.connects();
    expect(heard(phone)).toEqual(['1', '2', '3', 'ready']);
    expect(phone.all('receiveMessage')).toEqual(sent);
    await isDelivered(anns, 3);
    // It has confirmed them by its heartbeat, so no other device needs them.
    expect(heard(await bob.connects())).toEqual(['ready']);
  });

  test('what one device has confirmed is not replayed to another, what came later is', async () => {
    const anns = await ann.connects();
    const phone = await bob.connects();
    await says(ann, bob, '1', '2');
    await isDelivered(anns, 2);
    phone.close();
    await phone.isDisconnected();
    await says(ann, bob, '3');
    expect(heard(await bob.connects())).toEqual(['3', 'ready']);
  });

  test('what was fetched or read is not replayed', async () => {
    await says(ann, bob, '1', '2', '3');
    await bob.reads(ann, '?after=0&limit=1');
    await bob.put(`/api/conversations/${ann.id}/read`, { seq: 2 });
    expect(heard(await bob.connects())).toEqual(['3', 'ready']);
  });

  test('one’s own messages are not, and hide nothing of the other’s', async () => {
    await says(ann, bob, '1');
    await says(bob, ann, 'mine');
    await says(ann, bob, '2');
    await says(bob, ann, 'mine too');
    expect(heard(await bob.connects())).toEqual(['1', '2', 'ready']);
    expect(heard(await ann.connects())).toEqual(['mine', 'mine too', 'ready']);
  });

  test('what was written behind a block never comes, also after unblocking', async () => {
    await says(ann, bob, '1');
    await bob.blocks(ann);
    await says(ann, bob, 'hidden', 'hidden too');
    expect(heard(await bob.connects({ auth: { token: bob.token, replay: true } }))).toEqual(['1', 'ready']);
    await bob.reads(ann);
    await bob.unblocks(ann);
    await says(ann, bob, '2');
    expect(heard(await bob.connects())).toEqual(['2', 'ready']);
  });

  test('several conversations, each in order', async () => {
    const { ann: carl } = await friends(app.url);
    await carl.befriends(bob);
    for (const text of ['1', '2', '3']) {
      await ann.says(bob, `ann ${text}`);
      await carl.says(bob, `carl ${text}`);
    }
    const all = heard(await bob.connects());
    expect(all.filter((text) => text.startsWith('ann'))).toEqual(['ann 1', 'ann 2', 'ann 3']);
    expect(all.filter((text) => text.startsWith('carl'))).toEqual(['carl 1', 'carl 2', 'carl 3']);
    expect(all.at(-1)).toBe('ready');
  });

  test('live messages go on behind the replay without a hole, while people write', async () => {
    const count = 300;
    const writing = says(ann, bob, ...Array.from({ length: count }, (_, index) => `${index + 1}`));
    const seqs: number[][] = [];
    for (let round = 0; round < 15; round += 1) {
      const phone = await bob.connects();
      seqs.push(phone.all('receiveMessage').map(({ seq }) => seq));
      await phone.catchesUp();
      seqs.push(phone.all('receiveMessage').map(({ seq }) => seq));
      phone.close();
      await phone.isDisconnected();
    }
    await writing;
    const last = await bob.connects();
    seqs.push(last.all('receiveMessage').map(({ seq }) => seq));
    const came = new Set(seqs.flat());
    expect([...came].toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    for (const of of seqs) {
      expect(of).toEqual(Array.from({ length: of.length }, (_, index) => (of[0] as number) + index));
    }
  });
});

describe('A client that syncs, with replay: false', () => {
  test('is given nothing but what is told live', async () => {
    await says(ann, bob, '1', '2');
    const phone = await bob.connectsWithoutReplay();
    await says(ann, bob, '3');
    await hears(phone, '3');
    expect(heard(phone)).toEqual(['ready', '3']);
  });

  test('confirms nothing by its heartbeats before the first sync, and all that it has afterwards', async () => {
    const anns = await ann.connects();
    const phone = await bob.connectsWithoutReplay();
    await says(ann, bob, '1');
    await hears(phone, '1');
    // The heartbeat of another conversation, later than those that could have confirmed this.
    await isConfirmedElsewhere();
    expect(anns.all('messageStatus')).toEqual([]);
    dataOf(await phone.asks('sync', { conversations: {} }));
    await isDelivered(anns, 1);
    await says(ann, bob, '2');
    await isDelivered(anns, 2);
  });

  test('the same by HTTP', async () => {
    const anns = await ann.connects();
    await bob.connectsWithoutReplay();
    expect((await bob.post('/api/sync', { conversations: {} })).status).toBe(200);
    await says(ann, bob, '1');
    await isDelivered(anns, 1);
  });

  test('of what is told after the sync nothing is missing either', async () => {
    await says(ann, bob, '1', '2');
    const phone = await bob.connectsWithoutReplay();
    dataOf(await phone.asks('sync', { conversations: {} }));
    bus.loses(message('receiveMessage', 3));
    await says(ann, bob, '3', '4');
    await hears(phone, '4');
    expect(heard(phone)).toEqual(['ready', '3', '4']);
  });

  /** Somebody else's device confirms a message that is sent now, two pings in a row. */
  async function isConfirmedElsewhere(): Promise<void> {
    const others = await friends(app.url);
    const annas = await others.ann.connects();
    await others.bob.connects();
    for (const seq of [1, 2]) {
      await others.ann.says(others.bob, `${seq}`);
      await annas.hears('messageStatus', (status) => status.seq === seq);
    }
    others.ann.leaves();
    others.bob.leaves();
  }
});

describe('A hole', () => {
  test('is closed by the server: what was lost on the way comes before what follows', async () => {
    const anns = await ann.connects();
    const phone = await bob.connects();
    await says(ann, bob, '1');
    bus.loses(message('receiveMessage', 2, 3));
    await says(ann, bob, '2', '3');
    await phone.catchesUp();
    expect(heard(phone)).toEqual(['ready', '1']);
    await says(ann, bob, '4');
    await hears(phone, '4');
    expect(heard(phone)).toEqual(['ready', '1', '2', '3', '4']);
    await isDelivered(anns, 4);
    expect(bus.lost).toHaveLength(2);
  });

  test('until then nothing behind it is delivered', async () => {
    const anns = await ann.connects();
    await bob.connects();
    bus.loses(message('receiveMessage', 1));
    await says(ann, bob, '1');
    expect((await ann.reads(bob, '?limit=1'))[0]?.status).toBe('sent');
    await says(ann, bob, '2');
    await isDelivered(anns, 2);
  });

  test('is closed where one message overtakes another, and each comes once', async () => {
    const phone = await bob.connects();
    bus.holds(message('receiveMessage', 2));
    await says(ann, bob, '1', '2', '3');
    await hears(phone, '3');
    bus.heals();
    await says(ann, bob, '4');
    await hears(phone, '4');
    expect(heard(phone)).toEqual(['ready', '1', '2', '3', '4']);
  });

  test('of one’s own messages from another device is closed as well, with what the other said', async () => {
    const [phone, laptop] = await Promise.all([bob.connects(), bob.connects()]);
    bus.loses((envelope) => message('messageSent', 1)(envelope) || message('receiveMessage', 2)(envelope));
    dataOf(await phone.asks('sendMessage', { recipientId: ann.id, text: 'mine' }));
    await says(ann, bob, '2', '3');
    await Promise.all([hears(phone, '3'), hears(laptop, '3')]);
    expect(heard(laptop)).toEqual(['ready', '(mine)', '2', '3']);
  });

  test('is none where what is between is hidden from the person', async () => {
    const phone = await bob.connects();
    await says(ann, bob, '1');
    await hears(phone, '1');
    await bob.blocks(ann);
    await says(ann, bob, 'hidden');
    await bob.unblocks(ann);
    await says(ann, bob, '3');
    await hears(phone, '3');
    expect(heard(phone)).toEqual(['ready', '1', '3']);
  });

  test('a message is not pushed through a block that was answered meanwhile', async () => {
    const phone = await bob.connects();
    bus.holds(message('receiveMessage', 1));
    await says(ann, bob, 'before');
    await bob.blocks(ann);
    bus.heals();
    await phone.catchesUp();
    expect(heard(phone)).toEqual(['ready']);
    await bob.unblocks(ann);
    await says(ann, bob, 'after');
    await hears(phone, 'after');
    // It was sent before the block, so it is in the history, and comes with what follows it.
    expect(heard(phone)).toEqual(['ready', 'before', 'after']);
  });
});

describe('However much it is', () => {
  /** Puts messages of Ann into the store, behind the service, before the two have said anything. */
  async function waits(count: number): Promise<void> {
    const { conversationId } = await ann.says(bob, '1');
    const isLo = inOrder(ann.id, bob.id)[0] === ann.id;
    const createdAt = new Date();
    const ids = {
      conversationId: new mongo.ObjectId(conversationId),
      senderId: new mongo.ObjectId(ann.id),
      recipientId: new mongo.ObjectId(bob.id),
    };
    for (let from = 2; from <= count; from += 10_000) {
      const rows = Array.from({ length: Math.min(10_000, count - from + 1) }, (_, index) => {
        const seq = from + index;
        return { ...ids, seq, tally: isLo ? [seq, 0] : [0, seq], text: `${seq}`, createdAt };
      });
      await app.db.collection('messages').insertMany(rows);
    }
  }

  const numbers = (texts: string[]): number[] =>
    texts
      .filter((text) => text.startsWith('42["receiveMessage"'))
      .map((text) => {
        const [, told] = JSON.parse(text.slice(2)) as [string, Message];
        return told.seq;
      });

  test('a page at a time: the next one waits until the connection has confirmed the last', async () => {
    await waits(1000);
    const silent = await RawSocket.opened(app.url);
    silent.answersPings = false;
    silent.says(`40${JSON.stringify({ token: bob.token })}`);
    await silent.hears((text) => text === '2');
    silent.says(`420["no such event",{}]`);
    await silent.hears((text) => text.startsWith('430'));
    expect(numbers(silent.texts)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));

    silent.answersPings = true;
    silent.says('3');
    await silent.hears((text) => text.startsWith('42["ready"'));
    expect(numbers(silent.texts)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  test('other conversations do not wait, and live messages of this one come behind', async () => {
    await waits(1000);
    const carl = await Person.signUp(app.url, 'Carl');
    await carl.befriends(bob);
    const silent = await RawSocket.opened(app.url);
    silent.answersPings = false;
    silent.says(`40${JSON.stringify({ token: bob.token })}`);
    await silent.hears((text) => text === '2');
    await says(ann, bob, 'live');
    await says(carl, bob, 'of Carl');
    await silent.hears((text) => text.includes('of Carl'));
    expect(silent.texts.some((text) => text.includes('"live"'))).toBe(false);

    silent.answersPings = true;
    silent.says('3');
    await silent.hears((text) => text.startsWith('42["ready"'));
    const ofAnn = numbers(silent.texts.filter((text) => text.includes(ann.id)));
    expect(ofAnn).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  });

  test('20,000 waiting messages come whole and in order, and others are served meanwhile', async () => {
    const count = 20_000;
    await waits(count);
    const others = await friends(app.url);
    const phone = bob.opens();
    await phone.hears('receiveMessage');
    let served = 0;
    while (phone.all('ready').length === 0) {
      await others.ann.says(others.bob, 'meanwhile');
      served += 1;
    }
    expect(served).toBeGreaterThan(10);
    const seqs = phone.all('receiveMessage').map(({ seq }) => seq);
    expect(seqs).toHaveLength(count);
    expect(seqs.every((seq, index) => seq === index + 1)).toBe(true);
  }, 120_000);
});
