import { Injectable } from '@nestjs/common';
import { BlocksService } from '../conversations/blocks.service.js';
import { MessageMetrics } from './message-metrics.js';
import { FriendsService } from '../friends/friends.service.js';

/** What a send depends on: may the two talk, and does the recipient see it. */
export interface Relation {
  areFriends: boolean;
  /** The sender blocks the recipient. */
  isRecipientBlocked: boolean;
  /** The recipient blocks the sender. */
  isSenderBlocked: boolean;
}

export interface Pair {
  senderId: string;
  recipientId: string;
}

interface Waiting {
  pair: Pair;
  resolve: (relation: Relation) => void;
  reject: (error: unknown) => void;
}

/** Reads under way at the same time; what comes meanwhile goes into the next. */
const MOST_READS = 2;

/**
 * Reads what sends depend on, for all that wait together: two parallel reads by computed ids, from the primary,
 * begun after the send arrived. Nothing is cached, so nothing can be out of date.
 */
@Injectable()
export class Relations {
  private waiting: Waiting[] = [];
  private reads = 0;
  private isScheduled = false;

  constructor(
    private readonly friends: FriendsService,
    private readonly blocks: BlocksService,
    private readonly metrics: MessageMetrics,
  ) {}

  /** The relation of this pair, read together with those asked for at the same time. */
  read(pair: Pair): Promise<Relation> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ pair, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || this.reads >= MOST_READS || this.waiting.length === 0) return;
    this.isScheduled = true;
    // After the events of this turn of the loop, so that they are read together.
    setImmediate(() => {
      this.isScheduled = false;
      void this.readWaiting();
    });
  }

  private async readWaiting(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    this.reads += 1;
    this.metrics.checkSize.observe(batch.length);
    const stopTimer = this.metrics.checkSeconds.startTimer();
    try {
      const relations = await this.readAll(batch.map(({ pair }) => pair));
      batch.forEach(({ resolve }, index) => resolve(relations[index] as Relation));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      stopTimer();
      this.reads -= 1;
      this.schedule();
    }
  }

  private async readAll(pairs: Pair[]): Promise<Relation[]> {
    const outward = pairs.map(({ senderId, recipientId }) => ({ me: senderId, other: recipientId }));
    const inward = pairs.map(({ senderId, recipientId }) => ({ me: recipientId, other: senderId }));
    const [friends, blocks] = await Promise.all([
      this.friends.friendsAmong(outward),
      this.blocks.blocksAmong([...outward, ...inward]),
    ]);
    return pairs.map(({ senderId, recipientId }) => ({
      areFriends: friends.has(senderId, recipientId),
      isRecipientBlocked: blocks.has(senderId, recipientId),
      isSenderBlocked: blocks.has(recipientId, senderId),
    }));
  }
}
