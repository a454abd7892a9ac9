import { describe, expect, test } from '@jest/globals';
import { ChatError } from '../common/errors/chat-error.js';
import { PendingSend } from './pending-send.js';
import { SendQueue } from './send-queue.js';

const FRIENDS = { areFriends: true, isRecipientBlocked: false, isSenderBlocked: false };

function queueOf(...sends: PendingSend[]): SendQueue {
  const queue = new SendQueue();
  for (const send of sends) queue.add(send);
  return queue;
}

function send(senderId: string, isReady: boolean, clientMessageId?: string): PendingSend {
  const made = new PendingSend(
    { _id: '1', conversationId: 'c', senderId, recipientId: 'r', text: '', clientMessageId },
    undefined,
  );
  if (isReady) made.relation = FRIENDS;
  return made;
}

describe('SendQueue', () => {
  test('a send whose checks are not back holds back those behind it in its line, and nobody else', () => {
    const [first, second, other] = [send('a', false), send('a', true), send('b', true)];
    const queue = queueOf(first, second, other);
    expect(queue.takeReady(10)).toEqual([other]);

    first.relation = FRIENDS;
    expect(queue.takeReady(10)).toEqual([first, second]);
    expect(queue.takeReady(10)).toEqual([]);
  });

  test('a refused send makes way', async () => {
    const [first, second] = [send('a', false), send('a', true)];
    const queue = queueOf(first, second);
    first.fail(new ChatError('not_friends'));
    await expect(first.outcome).rejects.toThrow(ChatError);
    expect(queue.takeReady(10)).toEqual([second]);
  });

  test('a full batch leaves the rest in order', () => {
    const sends = [send('a', true), send('b', true), send('a', true), send('b', true)];
    const queue = queueOf(...sends);
    expect(queue.takeReady(3)).toEqual(sends.slice(0, 3));
    expect(queue.takeReady(3)).toEqual(sends.slice(3));
  });

  test('finds the twin under the same key of the same sender, until it is answered', () => {
    const first = send('a', true, 'k');
    const queue = queueOf(first);
    expect(queue.twinOf(send('a', true, 'k'))).toBe(first);
    expect(queue.twinOf(send('b', true, 'k'))).toBeUndefined();
    expect(queue.twinOf(send('a', true))).toBeUndefined();
    queue.release(first);
    expect(queue.twinOf(send('a', true, 'k'))).toBeUndefined();
  });
});
