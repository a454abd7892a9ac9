import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DomainEvents } from '../common/domain-events.js';
import type { SocketEvent } from '../realtime/socket-event.js';
import { Turn } from '../realtime/turn.js';
import type { EventEnvelope } from '../realtime/bus.js';
import type { Payload, ServerEvent } from '../realtime/client-events.js';
import type { Realtime } from '../realtime/realtime.js';
import type { Pair, Relation, Relations } from './relations.js';
import { TypingService } from './typing.service.js';

const FRIENDS: Relation = { areFriends: true, isRecipientBlocked: false, isSenderBlocked: false };
const ANN = { userId: 'ann', sessionId: 's', expiresAt: 0 };
const BOB = { userId: 'bob', sessionId: 's', expiresAt: 0 };
const phone = device('phone');
const laptop = device('laptop');

/** An event of this device, whose turn it is. */
function device(id: string, { connected = true, turn = new Turn() } = {}): SocketEvent {
  return { socket: { id, connected }, turn } as unknown as SocketEvent;
}

let told: [who: string, what: unknown][];
/** What only the other nodes hear. */
let renewed: [who: string, what: unknown][];
let relay: (envelope: EventEnvelope) => void;
const read = jest.fn<(pair: Pair) => Promise<Relation>>();
let events: DomainEvents;
let typing: TypingService;
beforeEach(() => {
  jest.useFakeTimers();
  told = [];
  read.mockReset().mockResolvedValue(FRIENDS);
  events = new DomainEvents();
  renewed = [];
  const realtime = {
    tell: (userId: string, _event: string, payload: unknown, { isRenewal = false } = {}) =>
      (isRenewal ? renewed : told).push([userId, payload]),
    tellHere: (userId: string, _event: string, payload: unknown) => told.push([userId, payload]),
    onRelayed: (listener: typeof relay) => (relay = listener),
  };
  typing = new TypingService({ read } as unknown as Relations, realtime as unknown as Realtime, events);
  typing.onModuleInit();
});
afterEach(() => {
  jest.useRealTimers();
});

const begun = ['bob', { senderId: 'ann', isTyping: true }];
const ended = ['bob', { senderId: 'ann', isTyping: false }];
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const annTypes = (on = phone) => typing.start(ANN, 'bob', on);

describe('Typing', () => {
  test('is told to the other when it begins, however often it is renewed, and when it is stopped', async () => {
    await annTypes();
    await annTypes();
    expect(told).toEqual([begun]);
    await typing.stop(ANN, 'bob', phone);
    await typing.stop(ANN, 'bob', phone);
    expect(told).toEqual([begun, ended]);
    expect(read.mock.calls).toEqual([[{ senderId: 'ann', recipientId: 'bob' }]]);
  });

  test('ends by itself 6 s after it was renewed last, and can begin again', async () => {
    await annTypes();
    await pass(5999);
    await annTypes();
    await pass(5999);
    expect(told).toEqual([begun]);
    await pass(1);
    expect(told).toEqual([begun, ended]);
    await annTypes();
    expect(told).toEqual([begun, ended, begun]);
  });

  test('of each is their own', async () => {
    await annTypes();
    await typing.start(BOB, 'ann', laptop);
    await typing.stop(BOB, 'ann', laptop);
    expect(told).toEqual([
      begun,
      ['ann', { senderId: 'bob', isTyping: true }],
      ['ann', { senderId: 'bob', isTyping: false }],
    ]);
  });

  test('is not told to those who may not see it', async () => {
    for (const relation of [
      { ...FRIENDS, areFriends: false },
      { ...FRIENDS, isRecipientBlocked: true },
      { ...FRIENDS, isSenderBlocked: true },
    ]) {
      read.mockResolvedValueOnce(relation);
      await annTypes();
      await typing.stop(ANN, 'bob', phone);
    }
    expect(told).toEqual([]);
  });

  test('is looked into again when it goes on for 6 s, not sooner', async () => {
    await annTypes();
    read.mockResolvedValue({ ...FRIENDS, areFriends: false });
    await pass(5999);
    await annTypes();
    expect(told).toEqual([begun]);
    await pass(1);
    await annTypes();
    expect(read).toHaveBeenCalledTimes(2);
    expect(told).toEqual([begun, ended]);
  });

  test('that ended while it was looked into is not told', async () => {
    let answer!: (relation: Relation) => void;
    read.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const starting = annTypes();
    await pass(0);
    await typing.stop(ANN, 'bob', phone);
    answer(FRIENDS);
    await starting;
    expect(told).toEqual([]);
  });

  test('that cannot be looked into fails, and the next try looks again', async () => {
    read.mockRejectedValueOnce(new Error('no primary'));
    await expect(annTypes()).rejects.toThrow('no primary');
    await annTypes();
    expect(told).toEqual([begun]);
  });

  test('begins and stops in the order of the events, and lets the next one go at once', async () => {
    const before = new Turn();
    const first = new Turn(before);
    const starting = annTypes(device('phone', { turn: first }));
    const stopping = typing.stop(ANN, 'bob', device('phone', { turn: new Turn(first) }));
    await pass(0);
    expect(read).not.toHaveBeenCalled();
    before.pass();
    await Promise.all([starting, stopping]);
    expect(read).toHaveBeenCalledTimes(1);
    expect(told).toEqual([begun, ended]);
  });

  test('on a socket that is gone already does not begin', async () => {
    await annTypes(device('phone', { connected: false }));
    expect(read).not.toHaveBeenCalled();
    await annTypes();
    await annTypes(device('laptop', { connected: false }));
    close('laptop');
    expect(told).toEqual([begun]);
  });
});

describe('Typing ends', () => {
  test('when the socket closes that renewed it last, not with another one', async () => {
    await annTypes(phone);
    await annTypes(laptop);
    close('phone');
    close('tablet');
    expect(told).toEqual([begun]);
    close('laptop');
    expect(told).toEqual([begun, ended]);
  });

  test('with its socket, to everybody that was typed to', async () => {
    await annTypes();
    await typing.start(ANN, 'eve', phone);
    close('phone');
    expect(told.slice(2)).toEqual([ended, ['eve', { senderId: 'ann', isTyping: false }]]);
  });

  test('when its message was sent, but not when that was sent before it began', async () => {
    const before = performance.now();
    await pass(10);
    await annTypes();
    typing.end('ann', 'bob', before);
    typing.end('bob', 'ann');
    expect(told).toEqual([begun]);
    typing.end('ann', 'bob', performance.now());
    expect(told).toEqual([begun, ended]);
  });

  test.each([
    [
      'one blocks the other',
      () => events.emit('block.changed', { blockerId: 'ann', blockedId: 'bob', isBlocked: true }),
    ],
    [
      'they are no friends any more',
      () => events.emit('friendship.ended', { userId: 'bob', otherUserId: 'ann' }),
    ],
  ])('both ways when %s', async (_, happen) => {
    await annTypes();
    await typing.start(BOB, 'ann', laptop);
    await typing.start(ANN, 'eve', phone);
    told = [];
    happen();
    expect(told).toHaveLength(2);
    expect(told).toEqual(expect.arrayContaining([ended, ['ann', { senderId: 'bob', isTyping: false }]]));
  });

  test('with the service, and leaves no clock running', async () => {
    await annTypes();
    await typing.start(ANN, 'eve', phone);
    expect(jest.getTimerCount()).toBe(2);
    typing.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('and leaves no clock running either way', async () => {
    await annTypes();
    await typing.stop(ANN, 'bob', phone);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('Typing between nodes', () => {
  /** Another node tells this person. */
  function hears<E extends ServerEvent>(
    userId: string,
    event: E,
    payload: Payload<E>,
    isRenewal?: true,
  ): void {
    relay({ kind: 'event', userId, event, payload, isRenewal });
  }
  const annTypesElsewhere = (isRenewal?: true) =>
    hears('bob', 'typingStatus', { senderId: 'ann', isTyping: true }, isRenewal);

  test('is said to go on at most once a second, to nodes alone', async () => {
    await annTypes();
    expect(renewed).toEqual([]);
    await pass(1000);
    await annTypes();
    await annTypes();
    expect([renewed, told]).toEqual([[begun], [begun]]);
    await pass(1000);
    await annTypes();
    expect(renewed).toEqual([begun, begun]);
  });

  test('that is not shown is not said to go on', async () => {
    read.mockResolvedValue({ ...FRIENDS, isRecipientBlocked: true });
    await annTypes();
    await pass(1000);
    await annTypes();
    expect([renewed, told]).toEqual([[], []]);
  });

  test('ends here when its node says nothing more, 8 s after it was renewed last', async () => {
    annTypesElsewhere();
    await pass(7999);
    annTypesElsewhere(true);
    await pass(7999);
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toEqual([ended]);
    annTypesElsewhere(true);
    await pass(8000);
    expect(told).toEqual([ended]);
  });

  test('is left alone when its node has told the end, or when it goes on here', async () => {
    annTypesElsewhere();
    hears('bob', 'typingStatus', { senderId: 'ann', isTyping: false });
    await pass(8000);
    expect(told).toEqual([]);
    annTypesElsewhere();
    await annTypes();
    for (let second = 0; second < 9; second += 1) {
      await pass(1000);
      await annTypes();
    }
    expect(told).toEqual([begun]);
  });

  test.each([
    [
      'blocks the other',
      () => hears('bob', 'conversationUpdated', { otherUserId: 'ann', isBlocked: true } as never),
    ],
    ['ends the friendship', () => hears('bob', 'friendRemoved', { userId: 'ann' })],
  ])('ends both ways when one %s on another node', async (_, happen) => {
    await typing.start(BOB, 'ann', laptop);
    annTypesElsewhere();
    told = [];
    happen();
    expect(told).toEqual([['ann', { senderId: 'bob', isTyping: false }], ended]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('goes on when something else is set for the conversation', async () => {
    annTypesElsewhere();
    hears('bob', 'conversationUpdated', { otherUserId: 'ann', isBlocked: false } as never);
    expect(told).toEqual([]);
    typing.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });
});

function close(socketId: string): void {
  events.emit('connection.closed', { userId: 'ann', socketId });
}
