import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MessageStore } from '../../test/support/message-store.js';
import { ChatError } from '../common/errors/chat-error.js';
import { Metrics } from '../common/metrics.js';
import type { Draft, StoredMessage } from './message.js';
import { type LogHooks, MessageLog } from './message-log.js';
import { MessageMetrics } from './message-metrics.js';
import { PendingSend } from './pending-send.js';

const ANN = 'a'.repeat(24);
const BOB = 'b'.repeat(24);
const FRIENDS = { areFriends: true, isRecipientBlocked: false, isSenderBlocked: false };
const HIDDEN = { ...FRIENDS, isSenderBlocked: true };

Logger.overrideLogger(false);

let store: MessageStore;
let metrics: MessageMetrics;
let log: MessageLog;
let told: StoredMessage[];
let recheck: jest.Mock<LogHooks['recheck']>;
let ids = 0;
beforeEach(() => {
  store = new MessageStore();
  metrics = new MessageMetrics(new Metrics());
  log = new MessageLog(store.repository, store.overview, metrics);
  told = [];
  recheck = jest.fn<LogHooks['recheck']>().mockResolvedValue(undefined);
  log.serve({ stored: (message) => told.push(message), recheck });
});

function draft(text: string, more: Partial<Draft> = {}): Draft {
  ids += 1;
  return { _id: `id-${ids}`, conversationId: 'c', senderId: ANN, recipientId: BOB, text, ...more };
}

/** A send that is in its place and may be written. */
function enter(text: string, more: Partial<Draft> = {}, relation = FRIENDS): PendingSend {
  const send = new PendingSend(draft(text, more), undefined);
  // Those that fail are looked at when the test asks for them.
  send.outcome.catch(() => undefined);
  send.relation = relation;
  log.enter(send);
  return send;
}

function enterAll(...texts: string[]): PendingSend[] {
  return texts.map((text) => enter(text));
}

/** What the sends came to: number and text, or the code of the refusal. */
async function outcomes(sends: PendingSend[]): Promise<string[]> {
  log.wake();
  return Promise.all(
    sends.map(({ outcome }) =>
      soon(outcome).then(
        ({ message, isNew }) => `${message.seq} ${message.text}${isNew ? '' : ' again'}`,
        (error: unknown) => (error instanceof ChatError ? error.code : String(error)),
      ),
    ),
  );
}

/** Fails where an answer never comes. */
function soon<T>(outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), 15_000);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

async function untilAsked(asked: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !asked(); turn += 1) await new Promise(setImmediate);
  expect(asked()).toBe(true);
}

const stored = () => store.all.map(({ seq, text }) => `${seq} ${text}`);
const inserted = () => store.inserts.map((messages) => messages.map(({ text }) => text));
const count = async (name: 'collisions' | 'unknownOutcomes') => (await metrics[name].get()).values[0]?.value;

describe('Group commit', () => {
  test('what waits goes down as one insert, in the order in which it came', async () => {
    const sends = enterAll('a', 'b', 'c');
    expect(await outcomes(sends)).toEqual(['1 a', '2 b', '3 c']);
    expect(inserted()).toEqual([['a', 'b', 'c']]);
    expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('waking it twice writes once, and what comes in the same turn goes along', async () => {
    const first = enter('a');
    log.wake();
    log.wake();
    const second = enter('b');
    expect(await outcomes([first, second])).toEqual(['1 a', '2 b']);
    expect(inserted()).toEqual([['a', 'b']]);
  });

  test('what comes while an insert is under way goes down together, after it', async () => {
    const first = enter('a');
    const late: PendingSend[] = [];
    store.next(async (messages, write) => {
      late.push(...enterAll('b', 'c'));
      log.wake();
      await new Promise(setImmediate);
      expect(store.inserts).toHaveLength(1);
      return write(messages);
    });
    expect(await outcomes([first])).toEqual(['1 a']);
    expect(await outcomes(late)).toEqual(['2 b', '3 c']);
    expect(inserted()).toEqual([['a'], ['b', 'c']]);
  });

  test('an insert holds a thousand at most', async () => {
    const sends = Array.from({ length: 1001 }, (_, index) => enter(`${index}`));
    expect((await outcomes(sends)).at(-1)).toBe('1001 1000');
    expect(store.inserts.map((messages) => messages.length)).toEqual([1000, 1]);
  });

  test('a message is told before its send is answered', async () => {
    const send = enter('a');
    const answered = send.outcome.then(() => told.length);
    log.wake();
    expect(await soon(answered)).toBe(1);
    expect(send).toMatchObject({ isStored: true, wasAttempted: true });
  });

  test('goes on behind what an earlier run has stored, and asks for a last number once', async () => {
    store.writes(draft('old'));
    expect(await outcomes([enter('a'), enter('x', { conversationId: 'd' })])).toEqual(['2 a', '1 x']);
    expect(await outcomes([enter('b'), enter('y', { conversationId: 'd' })])).toEqual(['3 b', '2 y']);
    expect(store.endsAsked).toEqual([['c', 'd']]);
  });

  test('what its recipient must not see takes a number and says so', async () => {
    expect(await outcomes([enter('seen'), enter('unseen', {}, HIDDEN)])).toEqual(['1 seen', '2 unseen']);
    expect(store.all).toMatchObject([{ tally: [1, 0] }, { tally: [1, 0], hidden: true, lastVisible: 1 }]);
    expect(store.all[0]).not.toHaveProperty('hidden');
  });
});

describe('When another node writes in the same conversation', () => {
  test('what finds its number taken goes on behind the true last one, in order, and the rest with it', async () => {
    await outcomes([enter('a'), enter('x', { conversationId: 'd' })]);
    store.writes(draft('elsewhere', { senderId: BOB, recipientId: ANN }));
    const sends = [enter('y', { conversationId: 'd' }), ...enterAll('b', 'c')];
    expect(await outcomes(sends)).toEqual(['2 y', '3 b', '4 c']);
    expect(stored()).toEqual(['1 a', '1 x', '2 elsewhere', '2 y', '3 b', '4 c']);
    expect(told.map(({ text }) => text)).toEqual(['a', 'x', 'y', 'b', 'c']);
    expect(store.all.at(-1)?.tally).toEqual([3, 1]);
    expect(await count('collisions')).toBe(1);
  });

  test('it lands however often its number is taken', async () => {
    await outcomes([enter('first')]);
    const losses = 25;
    for (let index = 0; index < losses; index += 1) {
      store.next((messages, write) => {
        store.writes(draft('elsewhere'));
        return write(messages);
      });
    }
    expect(await outcomes([enter('last')])).toEqual([`${losses + 2} last`]);
    expect(await count('collisions')).toBe(losses);
  });

  test('hearing of it spares the collision', async () => {
    await outcomes([enter('a')]);
    const { seq, tally, createdAt } = store.writes(draft('elsewhere', { senderId: BOB, recipientId: ANN }));
    const end = { conversationId: 'c', seq, tally, visible: [2, 2] as [number, number] };
    log.learn({ ...end, createdAt: createdAt.toISOString() });
    expect(await outcomes([enter('b')])).toEqual(['3 b']);
    expect(store.inserts).toHaveLength(2);
    expect(store.all.at(-1)).toMatchObject({ tally: [2, 1], previous: [2, 2] });
  });

  test('what it hears too late, or of a conversation that is not written in here, changes nothing', async () => {
    const old = { seq: 1, tally: [0, 9] as [number, number], visible: [1, 1] as [number, number] };
    const createdAt = new Date(0).toISOString();
    await outcomes(enterAll('a', 'b'));
    log.learn({ conversationId: 'c', ...old, createdAt });
    log.learn({ conversationId: 'c', ...old, seq: 2, createdAt });
    log.learn({ conversationId: 'd', ...old, seq: 7, createdAt });
    expect(await outcomes([enter('c'), enter('x', { conversationId: 'd' })])).toEqual(['3 c', '1 x']);
    expect(store.all.map(({ tally }) => tally)).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [1, 0],
    ]);
  });
});

describe('When a message is refused by the store', () => {
  test('because this very message is there already, it is answered with its own number', async () => {
    const send = enter('a');
    store.next((messages) => {
      store.all.push(...messages);
      return { kind: 'refused', landed: 0, isDuplicate: true, error: new Error('duplicate key') };
    });
    expect(await outcomes([send])).toEqual(['1 a']);
    expect(stored()).toEqual(['1 a']);
    expect(told).toHaveLength(1);
    expect(await count('collisions')).toBe(0);
  });

  test('because its key was used, it is answered with that message, and nothing new is told', async () => {
    const twin = store.writes(draft('twin', { clientMessageId: 'k' }));
    const sends = [enter('a'), enter('twin', { clientMessageId: 'k' }), enter('b')];
    expect(await outcomes(sends)).toEqual(['2 a', '1 twin again', '3 b']);
    expect((await sends[1]?.outcome)?.message._id).toBe(twin._id);
    expect(told.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(await count('collisions')).toBe(0);
  });

  test('a whole outbox sent again is answered by one look, with what is new behind it', async () => {
    for (let nth = 1; nth <= 50; nth += 1) store.writes(draft(`${nth}`, { clientMessageId: `k${nth}` }));
    const known = Array.from({ length: 50 }, (_, index) =>
      enter(`${index + 1}`, { clientMessageId: `k${index + 1}` }),
    );
    const fresh = enter('new', { clientMessageId: 'k51' });
    const answers = await outcomes([...known, fresh]);
    expect(answers).toEqual([...known.map((_, index) => `${index + 1} ${index + 1} again`), '51 new']);
    expect(store.inserts).toHaveLength(2);
    expect(store.twinsAsked).toHaveLength(1);
  });

  test('one that an earlier try has stored after all is new, and told, wherever it is in the batch', async () => {
    store.writes(draft('twin', { clientMessageId: 'k1' }));
    store.next(async ([, late]) => {
      // What the connection took along lands only when the store was asked once and had nothing.
      store.beforeLookUp = () => {
        store.beforeLookUp = () => void store.all.push({ ...(late as StoredMessage), seq: 2 });
      };
      return { kind: 'unknown', error: new Error('connection closed') };
    });
    const sends = [enter('twin', { clientMessageId: 'k1' }), enter('late', { clientMessageId: 'k2' })];
    expect(await outcomes(sends)).toEqual(['1 twin again', '2 late']);
    expect(told.map(({ text }) => text)).toEqual(['late']);
  });

  test('the key of another sender, or in another conversation, is none of its own', async () => {
    store.writes(draft('theirs', { senderId: BOB, recipientId: ANN, clientMessageId: 'k' }));
    store.writes(draft('elsewhere', { conversationId: 'd', clientMessageId: 'k' }));
    await outcomes([enter('so that the last number is known')]);
    store.writes(draft('another node'));
    expect(await outcomes([enter('mine', { clientMessageId: 'k' })])).toEqual(['4 mine']);
  });

  test('for itself, it fails alone', async () => {
    const sends = enterAll('a', 'poison', 'b');
    store.next((messages, write) => {
      write(messages.slice(0, 1));
      return { kind: 'refused', landed: 1, isDuplicate: false, error: new Error('no such text') };
    });
    expect(await outcomes(sends)).toEqual(['1 a', 'internal', '2 b']);
    await expect(sends[1]?.outcome).rejects.toMatchObject({ cause: new Error('no such text') });
    expect(stored()).toEqual(['1 a', '2 b']);
    expect(await count('collisions')).toBe(0);
  });
});

describe('When nobody knows whether a write happened', () => {
  const unknown = { kind: 'unknown', error: new Error('connection lost') };

  test('what is stored is answered with its own number and told once, the rest is numbered again', async () => {
    const sends = enterAll('a', 'b', 'c');
    store.next((messages, write) => {
      write(messages.slice(0, 1));
      return unknown;
    });
    expect(await outcomes(sends)).toEqual(['1 a', '2 b', '3 c']);
    expect(stored()).toEqual(['1 a', '2 b', '3 c']);
    expect(told.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    expect(await count('unknownOutcomes')).toBe(1);
  });

  test('nothing is asked again of what was stored after all', async () => {
    const sends = enterAll('a', 'b');
    store.next((messages, write) => {
      write(messages);
      return unknown;
    });
    expect(await outcomes(sends)).toEqual(['1 a', '2 b']);
    expect(store.inserts).toHaveLength(1);
    expect(recheck).not.toHaveBeenCalled();
  });

  test('what is missing must be allowed again', async () => {
    const [first, second, third] = ['a', 'b', 'c'].map((text) => enter(text)) as [
      PendingSend,
      PendingSend,
      PendingSend,
    ];
    store.next((messages, write) => {
      write(messages.slice(0, 1));
      return unknown;
    });
    recheck.mockImplementation(async (sends) => {
      expect(sends).toEqual([second, third]);
      second.fail(new ChatError('not_friends'));
      third.relation = HIDDEN;
    });
    expect(await outcomes([first, second, third])).toEqual(['1 a', 'not_friends', '2 c']);
    expect(stored()).toEqual(['1 a', '2 c']);
    expect(store.all[1]?.hidden).toBe(true);
    expect(recheck).toHaveBeenCalledTimes(1);
  });

  test('a store that cannot be asked either is asked again', async () => {
    const sends = enterAll('a', 'b');
    store.next((messages, write) => {
      write(messages.slice(0, 1));
      return unknown;
    });
    const failing = jest.fn<() => void>().mockImplementationOnce(() => {
      throw new Error('still away');
    });
    store.beforeLookUp = failing;
    expect(await outcomes(sends)).toEqual(['1 a', '2 b']);
    expect(failing).toHaveBeenCalledTimes(2);
    expect(told).toHaveLength(2);
  });

  test('another node may write meanwhile: numbers are read again', async () => {
    await outcomes([enter('a')]);
    store.next(() => {
      store.writes(draft('elsewhere'));
      return unknown;
    });
    expect(await outcomes([enter('b')])).toEqual(['3 b']);
    expect(await count('collisions')).toBe(0);
  });

  test('one that is found stored after its deadline is told, once', async () => {
    const send = enter('a');
    store.next((messages, write) => {
      send.fail(new ChatError('outcome_unknown'));
      write(messages);
      return unknown;
    });
    store.beforeLookUp = jest.fn<() => void>().mockImplementationOnce(() => {
      throw new Error('still away');
    });
    expect(await outcomes([send])).toEqual(['outcome_unknown']);
    await untilTold(1);
    expect(await outcomes([enter('b')])).toEqual(['2 b']);
    expect(told.map(({ text }) => text)).toEqual(['a', 'b']);
  });

  test('one past its deadline that was not stored is not stored any more', async () => {
    const send = enter('a');
    store.next(() => {
      send.fail(new ChatError('outcome_unknown'));
      return unknown;
    });
    expect(await outcomes([send])).toEqual(['outcome_unknown']);
    expect(await outcomes([enter('b')])).toEqual(['1 b']);
    expect(stored()).toEqual(['1 b']);
    expect(recheck).not.toHaveBeenCalled();
  });

  async function untilTold(messages: number): Promise<void> {
    for (let turn = 0; turn < 50 && told.length < messages; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(told).toHaveLength(messages);
  }
});

describe('When the last numbers cannot be read', () => {
  test('they are asked for again, and nothing was written meanwhile', async () => {
    store.beforeEnds = jest.fn<() => void>().mockImplementationOnce(() => {
      throw new Error('no primary');
    });
    expect(await outcomes(enterAll('a', 'b'))).toEqual(['1 a', '2 b']);
    expect(store.endsAsked).toHaveLength(2);
    expect(store.inserts).toHaveLength(1);
  });

  test('one whose deadline falls meanwhile was told that nothing is stored, and so it stays', async () => {
    let goOn!: () => void;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.beforeEnds = () => gate;
    const [first, second] = enterAll('late', 'in time') as [PendingSend, PendingSend];
    log.wake();
    await untilAsked(() => store.endsAsked.length > 0);
    first.fail(new ChatError('unavailable'));
    goOn();
    expect(await outcomes([first, second])).toEqual(['unavailable', '1 in time']);
    expect(first.wasAttempted).toBe(false);
    expect(inserted()).toEqual([['in time']]);
  });

  test('nothing is written where all deadlines fell', async () => {
    store.beforeEnds = () => send.fail(new ChatError('unavailable'));
    const send = enter('late');
    expect(await outcomes([send])).toEqual(['unavailable']);
    store.beforeEnds = () => undefined;
    expect(await outcomes([enter('next')])).toEqual(['1 next']);
    expect(inserted()).toEqual([['next']]);
  });
});

describe('Twins', () => {
  test('a key on its way is known until its send is answered and released', async () => {
    const first = enter('a', { clientMessageId: 'k' });
    const twin = new PendingSend(draft('a', { clientMessageId: 'k' }), undefined);
    expect(log.twinOf(twin)).toBe(first);
    await outcomes([first]);
    log.release(first);
    expect(log.twinOf(twin)).toBeUndefined();
  });

  test('releasing an earlier send does not forget a later one under the same key', () => {
    const first = enter('a', { clientMessageId: 'k' });
    const second = enter('a', { clientMessageId: 'k' });
    log.release(first);
    expect(log.twinOf(first)).toBe(second);
  });

  test("sends without a key are nobody's twins", () => {
    const first = enter('a');
    expect(log.twinOf(enter('a'))).toBeUndefined();
    log.release(first);
  });
});
