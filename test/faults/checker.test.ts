import { describe, expect, test } from '@jest/globals';
import {
  type Acknowledged,
  complaintsAbout,
  type Evidence,
  type Row,
  type Said,
} from '../support/checker.js';

/** A message of a conversation between ann and bob. */
function said(seq: number, senderId = 'ann'): Said {
  return {
    _id: `id-${seq}`,
    conversationId: 'ann-bob',
    senderId,
    recipientId: senderId === 'ann' ? 'bob' : 'ann',
    seq,
    text: `text of key-${seq}`,
    createdAt: `2026-01-01T00:00:0${seq}.000Z`,
    clientMessageId: `key-${seq}`,
  };
}

function acknowledged(answer: Said): Acknowledged {
  const { senderId, recipientId, text, clientMessageId = '' } = answer;
  return { senderId, recipientId, text, clientMessageId, line: senderId, answer };
}

/** Nothing to complain about: three messages, all acknowledged, on bob's devices and told to him. */
function kept() {
  const all = [said(1), said(2, 'bob'), said(3)];
  const stored: Row[] = all.map((message) => ({ ...message }));
  const device = (of: string) => ({ of, userId: 'bob', messages: [...all] });
  return { acknowledged: all.map(acknowledged), stored, views: [device('tablet')], told: [device('phone')] };
}

type Kept = ReturnType<typeof kept>;

/** Puts another in the place of one of the messages. */
function change<T>(list: T[], index: number, to: Partial<T>): void {
  list[index] = { ...(list[index] as T), ...to };
}

const BROKEN: [what: string, break_: (evidence: Kept) => unknown, complaint: RegExp][] = [
  [
    'an acknowledged message is not stored',
    ({ stored }) => stored.pop(),
    /acknowledged key-3 .*is not stored/,
  ],
  [
    'it is stored under another number',
    ({ stored }) => change(stored, 2, { seq: 4 }),
    /key-3 .*stored otherwise/,
  ],
  ['it has another id', ({ stored }) => change(stored, 2, { _id: 'other' }), /key-3 .*stored otherwise/],
  [
    'it says something else',
    ({ acknowledged: all }) => change(all, 2, { text: '?' }),
    /key-3 .*says something else/,
  ],
  [
    'a key is stored twice',
    ({ stored }) => stored.push({ ...said(3), _id: 'id-4', seq: 4 }),
    /stored 2 times under one key/,
  ],
  [
    'a number is missing',
    ({ stored }) => change(stored, 2, { seq: 4 }),
    /number 3 of ann-bob is stored 0 times/,
  ],
  [
    'a number is used twice',
    ({ stored }) => stored.push({ ...said(3), _id: 'id-4', clientMessageId: 'key-4' }),
    /number 3 of ann-bob is stored 2 times/,
  ],
  ['time runs backwards', ({ stored }) => change(stored, 2, { createdAt: said(1).createdAt }), /is older/],
  [
    'a sender was overtaken',
    ({ acknowledged: all }) => all.push(all.shift() as Acknowledged),
    /id-1.* was sent behind .*id-3/,
  ],
  ['a device lacks a message', ({ views }) => views[0]?.messages.pop(), /tablet lacks .*id-3/],
  [
    'a device has a message twice',
    ({ views }) => views[0]?.messages.push(said(3)),
    /tablet has 1 messages twice/,
  ],
  [
    'a device has what is not stored',
    ({ views }) => views[0]?.messages.push(said(4)),
    /tablet was told .*id-4.*not stored/,
  ],
  [
    'a device has other content',
    ({ views }) => change(views[0]?.messages ?? [], 0, { text: '?' }),
    /tablet was told .*id-1/,
  ],
  [
    'a device has what is hidden from it',
    ({ stored }) => change(stored, 2, { hidden: true }),
    /tablet was told .*id-3/,
  ],
  [
    'what was told is not stored',
    ({ told }) => told[0]?.messages.push(said(4)),
    /phone was told .*id-4.*not stored/,
  ],
  [
    'a number was told for another message',
    ({ told }) => told[0]?.messages.push({ ...said(3), _id: 'id-4' }),
    /phone was told .*id-4/,
  ],
];

describe('The checker of all faults', () => {
  test('has nothing to say where everything is kept', () => {
    expect(complaintsAbout(kept())).toEqual([]);
  });

  test('does not miss what is only hidden, or was only not told', () => {
    const evidence: Evidence & Kept = kept();
    change(evidence.stored, 2, { hidden: true });
    for (const { messages } of [...evidence.views, ...evidence.told]) messages.pop();
    expect(complaintsAbout(evidence)).toEqual([]);
  });

  test.each(BROKEN)('sees that %s', (_, break_, complaint) => {
    const evidence = kept();
    break_(evidence);
    expect(complaintsAbout(evidence)).toContainEqual(expect.stringMatching(complaint));
  });
});
