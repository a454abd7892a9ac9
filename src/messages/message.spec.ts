import { describe, expect, test } from '@jest/globals';
import { hasSameContent, type StoredMessage, toWire } from './message.js';

const image = { type: 'image', url: 'https://example.com/1.jpg' } as const;

const stored: StoredMessage = {
  _id: 'm',
  conversationId: 'c',
  senderId: 'a',
  recipientId: 'b',
  text: 'Hi',
  seq: 7,
  tally: [3, 4],
  createdAt: new Date('2026-01-01T12:00:00.000Z'),
  previous: [6, 5],
  hidden: true,
  lastVisible: 5,
};

const shown = {
  _id: 'm',
  conversationId: 'c',
  senderId: 'a',
  recipientId: 'b',
  text: 'Hi',
  createdAt: '2026-01-01T12:00:00.000Z',
  status: 'sent',
  seq: 7,
};

describe('The message object of the contract', () => {
  test('tells nothing of what is kept inside', () => {
    expect(toWire(stored, 'sent')).toStrictEqual(shown);
  });

  test('has an attachment and a key where they were given', () => {
    const message = { ...stored, attachment: image, clientMessageId: 'k' };
    expect(toWire(message, 'read')).toStrictEqual({
      ...shown,
      status: 'read',
      attachment: image,
      clientMessageId: 'k',
    });
  });
});

describe('A repeat says the same', () => {
  test('only with the same text and the same attachment', () => {
    const one = { ...stored, attachment: image };
    expect(hasSameContent(one, { ...one, _id: 'other', attachment: { ...image } })).toBe(true);
    expect(hasSameContent(stored, { ...stored })).toBe(true);
    expect(hasSameContent(one, { ...one, text: 'Ho' })).toBe(false);
    expect(hasSameContent(one, { ...one, attachment: { ...image, type: 'file' } })).toBe(false);
    expect(hasSameContent(one, { ...one, attachment: { ...image, url: 'https://example.com/2.jpg' } })).toBe(
      false,
    );
    expect(hasSameContent(one, stored)).toBe(false);
    expect(hasSameContent(stored, one)).toBe(false);
  });
});
