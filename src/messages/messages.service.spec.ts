import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MessageStore } from '../../test/support/message-store.js';
import { Metrics } from '../common/metrics.js';
import type { EventEnvelope } from '../realtime/bus.js';
import type { Realtime } from '../realtime/realtime.js';
import type { SocketEvent } from '../realtime/socket-event.js';
import { Turn } from '../realtime/turn.js';
import type { Message } from '../realtime/wire.js';
import type { UsersService } from '../users/users.service.js';
import type { SendMessageDto } from './dto/send-message.dto.js';
import { MessageLog } from './message-log.js';
import { MessageMetrics } from './message-metrics.js';
import { MessagesService } from './messages.service.js';
import { NO_RECEIPTS, type Receipts, type Watermarks, withMarks } from './receipts.js';
import type { ReceiptsRepository } from './receipts.repository.js';
import type { Pair, Relation, Relations } from './relations.js';
import type { TypingService } from './typing.service.js';

const ANN = 'a'.repeat(24);
const BOB = 'b'.repeat(24);
const FRIENDS: Relation = { areFriends: true, isRecipientBlocked: false, isSenderBlocked: false };
const me = { userId: ANN, sessionId: 's', expiresAt: 0 };

Logger.overrideLogger(false);

interface Told {
  userId: string;
  event: string;
  payload: Message;
  options: { exceptSocket?: string; place: unknown; end?: unknown };
}

let store: MessageStore;
let receipts: Receipts;
let told: Told[];
let hear: (envelope: EventEnvelope) => void;
let metrics: MessageMetrics;
let service: MessagesService;
const read = jest.fn<(pair: Pair) => Promise<Relation>>();
const exists = jest.fn<(id: string) => Promise<boolean>>();
const endTyping = jest.fn<TypingService['end']>();
beforeEach(() => {
  store = new MessageStore();
  receipts = NO_RECEIPTS;
  told = [];
  metrics = new MessageMetrics(new Metrics());
  read.mockReset().mockResolvedValue(FRIENDS);
  exists.mockReset().mockResolvedValue(true);
  endTyping.mockReset();
  const tell = (userId: string, event: string, payload: Message, options: Told['options']) =>
    told.push({ userId, event, payload, options });
  const onRelayed = (listener: typeof hear) => (hear = listener);
  service = new MessagesService(
    new MessageLog(store.repository, store.overview, metrics),
    { read } as unknown as Relations,
    store.repository,
    {
      find: async (ids: string[]) => new Map(ids.map((id) => [id, receipts])),
    } as unknown as ReceiptsRepository,
    { exists } as unknown as UsersService,
    { end: endTyping } as unknown as TypingService,
    { tell, onRelayed } as unknown as Realtime,
    metrics,
  );
  service.onModuleInit();
});
afterEach(() => {
  jest.useRealTimers();
});

const says = (text: string, more: Partial<SendMessageDto> = {}, event?: SocketEvent) =>
  service.send(me, { recipientId: BOB, text, ...more }, event);

/** An event of Ann's phone. */
const byPhone = (turn = new Turn()) => ({ socket: { id: 'phone' }, turn }) as unknown as SocketEvent;

/** How far Bob is. */
function bobIs(marks: Partial<Watermarks>): void {
  receipts = withMarks(NO_RECEIPTS, 1, { ...NO_RECEIPTS[1], ...marks });
}

const outcomes = async () =>
  (await metrics.sends.get()).values.map(({ labels, value }) => [labels.outcome, value]);

/** Lets all that is under way in memory go on, whatever the clock says. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}

describe('A send', () => {
  test('is told to the recipient and to the other devices of the sender, and ends the typing before it', async () => {
    const { message, isNew } = await says('Hi', {}, byPhone());
    expect(isNew).toBe(true);
    expect(message).toMatchObject({ senderId: ANN, recipientId: BOB, text: 'Hi', seq: 1, status: 'sent' });
    const { conversationId, createdAt } = message;
    const end = { conversationId, seq: 1, tally: [1, 0], visible: [1, 1], createdAt };
    const place = { conversationId, seq: 1, previous: 0 };
    expect(told).toEqual([
      {
        userId: BOB,
        event: 'receiveMessage',
        payload: message,
        options: { place: { ...place, isReceived: true }, end },
      },
      {
        userId: ANN,
        event: 'messageSent',
        payload: message,
        options: { place: { ...place, isReceived: false }, end, exceptSocket: 'phone' },
      },
    ]);
    expect(endTyping.mock.calls).toEqual([[ANN, BOB, expect.any(Number)]]);
    expect(await outcomes()).toEqual([['stored', 1]]);
  });

  test('carries its attachment and its key, and nothing else that was sent along', async () => {
    const attachment = { type: 'file', url: 'https://example.com/f', size: 7 } as const;
    const { message } = await says('', { attachment, clientMessageId: 'k' });
    expect(message).toMatchObject({ text: '', clientMessageId: 'k' });
    expect(message.attachment).toEqual({ type: 'file', url: 'https://example.com/f' });
    const { message: bare } = await service.send(me, { recipientId: BOB, attachment });
    expect(bare.text).toBe('');
    expect(store.all[1]).not.toHaveProperty('clientMessageId');
  });

  test('of nothing, or to oneself, is refused before anything is read', async () => {
    await expect(says('')).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ field: 'text', message: 'may be empty only with an attachment' }],
    });
    await expect(says('Hi', { recipientId: ANN })).rejects.toMatchObject({ code: 'to_oneself' });
    expect(read).not.toHaveBeenCalled();
  });

  test('behind a block is stored and told to the sender alone', async () => {
    await says('seen');
    read.mockResolvedValue({ ...FRIENDS, isSenderBlocked: true });
    told = [];
    const { message } = await says('unseen');
    expect(message).toMatchObject({ seq: 2, status: 'sent' });
    expect(told.map(({ userId, event }) => [userId, event])).toEqual([[ANN, 'messageSent']]);
    expect(told[0]?.options).toMatchObject({
      place: { previous: 1 },
      end: { tally: [1, 0], visible: [2, 1] },
    });
  });

  test.each([
    ['not_found', false, { ...FRIENDS, areFriends: false }],
    ['not_friends', true, { ...FRIENDS, areFriends: false }],
    ['not_friends', true, { ...FRIENDS, areFriends: false, isSenderBlocked: true }],
    ['recipient_blocked', true, { ...FRIENDS, isRecipientBlocked: true }],
    ['recipient_blocked', true, { ...FRIENDS, isRecipientBlocked: true, areFriends: false }],
  ])('is refused as %s', async (code, isKnown, relation) => {
    read.mockResolvedValue(relation);
    exists.mockResolvedValue(isKnown);
    await expect(says('Hi')).rejects.toMatchObject({ code });
    await expect(says('Hi', { clientMessageId: 'k' })).rejects.toMatchObject({ code });
    expect(store.inserts).toEqual([]);
    expect(await outcomes()).toEqual([['refused', 2]]);
  });

  test('that cannot be checked fails with what went wrong', async () => {
    read.mockRejectedValueOnce(new Error('no primary'));
    await expect(says('Hi')).rejects.toThrow('no primary');
    exists.mockRejectedValueOnce(new Error('no secondary'));
    read.mockResolvedValueOnce({ ...FRIENDS, areFriends: false });
    await expect(says('Hi')).rejects.toThrow('no secondary');
  });

  test('takes its place when its turn comes, and lets the next one go before it is stored', async () => {
    const first = new Turn();
    const second = new Turn(first);
    const sending = says('second', {}, byPhone(second));
    await settle();
    expect(read).not.toHaveBeenCalled();
    await says('first', {}, byPhone(first));
    await sending;
    expect(store.all.map(({ text }) => text)).toEqual(['first', 'second']);
  });
});

describe('The same key again', () => {
  const again = () => says('Hi', { clientMessageId: 'k' }, byPhone());

  test('while the first is on its way: one message, one answer', async () => {
    const [first, twin] = await Promise.all([again(), again()]);
    expect(twin.message).toEqual(first.message);
    expect([first.isNew, twin.isNew]).toEqual([true, false]);
    expect(store.all).toHaveLength(1);
    expect(await outcomes()).toEqual([
      ['stored', 1],
      ['repeated', 1],
    ]);
  });

  test('is pushed again until the recipient has it, whatever the sender is shown', async () => {
    const { message } = await again();
    told = [];
    expect(await again()).toEqual({ message, isNew: false });
    expect(told).toEqual([
      {
        userId: BOB,
        event: 'receiveMessage',
        payload: message,
        options: {
          place: { conversationId: message.conversationId, seq: 1, previous: undefined, isReceived: true },
        },
      },
    ]);
    told = [];
    bobIs({ delivered: 1 });
    expect(await again()).toEqual({ message, isNew: false });
    bobIs({ delivered: 1, read: 1, shownDelivered: 1, shownRead: 1 });
    expect(await again()).toEqual({ message: { ...message, status: 'read' }, isNew: false });
    expect(told).toEqual([]);
  });

  test('is not pushed to who blocks the sender by now, nor what was hidden before', async () => {
    await again();
    told = [];
    read.mockResolvedValue({ ...FRIENDS, isSenderBlocked: true });
    await again();
    await says('unseen', { clientMessageId: 'h' });
    read.mockResolvedValue(FRIENDS);
    told = [];
    await says('unseen', { clientMessageId: 'h' });
    expect(told).toEqual([]);
  });

  test('is answered after unfriending and blocking too', async () => {
    const { message } = await again();
    for (const relation of [
      { ...FRIENDS, areFriends: false },
      { ...FRIENDS, isRecipientBlocked: true },
    ]) {
      read.mockResolvedValue(relation);
      expect(await again()).toEqual({ message, isNew: false });
    }
  });

  test('with other content is refused', async () => {
    await again();
    await expect(says('Ho', { clientMessageId: 'k' })).rejects.toMatchObject({
      code: 'client_message_id_reused',
    });
    const attachment = { type: 'file', url: 'https://example.com/f' } as const;
    await expect(says('Hi', { clientMessageId: 'k', attachment })).rejects.toMatchObject({
      code: 'client_message_id_reused',
    });
  });
});

describe('After 15 s', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  });

  test('a send of which nothing was written is not stored, and does not hold back the next', async () => {
    read.mockReturnValueOnce(new Promise(() => undefined));
    const answer = says('late').catch(({ code }: { code: string }) => code);
    await settle();
    jest.advanceTimersByTime(1000);
    const next = says('next');
    await settle();
    jest.advanceTimersByTime(13_999);
    await settle();
    expect(store.inserts).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(await answer).toBe('unavailable');
    expect((await next).message).toMatchObject({ text: 'next', seq: 1 });
  });

  test('nobody knows what became of one whose write was begun; its socket hears when it is stored after all', async () => {
    let write!: () => void;
    store.next(async (messages, store) => {
      await new Promise<void>((resolve) => (write = resolve));
      return store(messages);
    });
    const answer = says('late', {}, byPhone()).catch(({ code }: { code: string }) => code);
    await settle();
    jest.advanceTimersByTime(15_000);
    expect(await answer).toBe('outcome_unknown');
    write();
    await settle();
    expect(told.map(({ event, options }) => [event, options.exceptSocket])).toEqual([
      ['receiveMessage', undefined],
      ['messageSent', undefined],
    ]);
  });

  test('an answered send leaves no clock running, and its key is asked of the store', async () => {
    await says('Hi', { clientMessageId: 'k' });
    expect(jest.getTimerCount()).toBe(0);
    await says('Hi', { clientMessageId: 'k' });
    expect(store.inserts).toHaveLength(2);
  });
});

describe('What another node has stored', () => {
  const payload = { senderId: BOB, recipientId: ANN } as Message;

  test('spares a collision in a conversation that is written here too', async () => {
    const { message } = await says('Hi');
    const { conversationId, createdAt } = message;
    const other = store.writes({ _id: 'x', conversationId, senderId: BOB, recipientId: ANN, text: 'Ho' });
    const end = {
      conversationId,
      seq: other.seq,
      tally: other.tally,
      visible: [2, 2] as [number, number],
      createdAt,
    };
    hear({ kind: 'event', userId: ANN, event: 'receiveMessage', payload, end });
    expect((await says('Hi again')).message.seq).toBe(3);
    expect(store.inserts).toHaveLength(2);
  });

  test('ends the typing of who sent it', () => {
    hear({ kind: 'event', userId: BOB, event: 'messageSent', payload });
    hear({ kind: 'event', userId: ANN, event: 'receiveMessage', payload });
    hear({ kind: 'event', userId: ANN, event: 'friendRemoved', payload: { userId: BOB } });
    expect(endTyping.mock.calls).toEqual([[BOB, ANN, expect.any(Number)]]);
  });
});

describe('A write of unknown outcome', () => {
  test('is tried again only for those who still may, and hidden where a block came meanwhile', async () => {
    store.next(() => ({ kind: 'unknown', error: new Error('lost') }));
    read
      .mockResolvedValueOnce(FRIENDS)
      .mockResolvedValueOnce(FRIENDS)
      .mockResolvedValueOnce({ ...FRIENDS, areFriends: false })
      .mockResolvedValueOnce({ ...FRIENDS, isSenderBlocked: true });
    const [first, second] = await Promise.allSettled([says('a'), says('b')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'not_friends' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { message: { seq: 1, text: 'b' } } });
    expect(store.all).toMatchObject([{ text: 'b', hidden: true }]);
  });
});
