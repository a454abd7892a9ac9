import { Injectable, Logger } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { messageOf } from '../common/message-of.js';
import { ChatError } from '../common/errors/chat-error.js';
import { BlocksService } from '../conversations/blocks.service.js';
import { InTurn } from '../common/in-turn.js';
import { conversationIdOf } from '../database/ids.js';
import { Transactions } from '../database/transactions.js';
import { FriendEvents } from './friend-events.js';
import { type Action, type Ask, decide, type Outcome } from './friend-machine.js';
import { FriendshipsRepository } from './friendships.repository.js';

/** What a person does, as far as the caller knows it. */
export type Deed = Omit<Ask, 'blocks'> | Exclude<Action, Ask>;

export type Done = Exclude<Outcome, { kind: 'refused' }>;

/**
 * Changes what two people are to each other: both rows in one transaction, decided on what it sees, and told
 * once, after it is stored. The changes of one pair are told in the order they were stored.
 */
@Injectable()
export class FriendshipChanges {
  private readonly logger = new Logger(FriendshipChanges.name);
  private readonly inTurn = new InTurn();

  constructor(
    private readonly transactions: Transactions,
    private readonly friendships: FriendshipsRepository,
    private readonly blocks: BlocksService,
    private readonly events: FriendEvents,
  ) {}

  /** @throws ChatError as the rules of friendship refuse it */
  make(me: string, other: string, deed: Deed): Promise<Done> {
    return this.inTurn.run(conversationIdOf(me, other), async () => {
      const outcome = await this.transactions.run((session) => this.change(me, other, deed, session));
      if (outcome.kind === 'refused') throw new ChatError(outcome.code);
      if (outcome.kind !== 'unchanged') await this.tell(me, other, outcome);
      return outcome;
    });
  }

  private async change(me: string, other: string, deed: Deed, session: ClientSession): Promise<Outcome> {
    const pair = await this.friendships.findPair(me, other, session);
    // On the same snapshot, begun after the call: a block that was answered before it counts.
    const action: Action =
      deed.kind === 'ask' ? { ...deed, blocks: await this.blocksBetween(me, other, session) } : deed;
    const outcome = decide(pair, action);
    if (outcome.kind !== 'refused' && outcome.kind !== 'unchanged') {
      await this.friendships.savePair(outcome.pair, session);
    }
    return outcome;
  }

  private async blocksBetween(
    me: string,
    other: string,
    session: ClientSession,
  ): Promise<{ mine: boolean; theirs: boolean }> {
    const blocks = await this.blocks.between(me, [other], session);
    return { mine: blocks.has(me, other), theirs: blocks.has(other, me) };
  }

  /** It is stored: that telling fails must not look as if it were not. */
  private async tell(me: string, other: string, change: Parameters<FriendEvents['tell']>[2]): Promise<void> {
    try {
      await this.events.tell(me, other, change);
    } catch (error) {
      this.logger.warn(`Telling of a change between friends failed: ${messageOf(error)}`);
    }
  }
}
