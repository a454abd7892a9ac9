import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { toWire } from '../messages/message.js';
import { MessagesRepository } from '../messages/messages.repository.js';
import { OverviewRepository } from '../messages/overview.repository.js';
import { NO_RECEIPTS, otherSide, sideOf, statusOf } from '../messages/receipts.js';
import { ReceiptsRepository } from '../messages/receipts.repository.js';
import {
  CatchUpPort,
  type MessageRange,
  type MessageSource,
  type Standing,
} from '../realtime/catch-up-port.js';
import type { Message } from '../realtime/wire.js';
import type { ConversationView } from './conversation-view.js';
import { ConversationViews } from './conversation-views.js';

/** Tells the sockets what a connection lacks: from the same views of which list and sync are made. */
@Injectable()
export class CatchUpSource implements MessageSource, OnModuleInit {
  constructor(
    private readonly views: ConversationViews,
    private readonly messages: MessagesRepository,
    private readonly overview: OverviewRepository,
    private readonly receipts: ReceiptsRepository,
    private readonly port: CatchUpPort,
  ) {}

  onModuleInit(): void {
    this.port.register(this);
  }

  /** Where each conversation of this person stands, as it is at one moment. */
  standings(userId: string): Promise<Standing[]> {
    return this.views.read(userId, async (views, session) => {
      const lacking = await this.withUnconfirmed(views, session);
      return views.map((view) => ({
        conversationId: view.conversationId,
        lastSeq: view.lastSeq,
        confirmed: lacking.has(view) ? marksOf(view).delivered : view.lastSeq,
      }));
    });
  }

  /** What this person may see of these ranges, by conversation, oldest first. */
  async read(userId: string, ranges: MessageRange[]): Promise<Map<string, Message[]>> {
    const [found, receipts] = await Promise.all([
      this.overview.findRanges(userId, ranges),
      this.receipts.find(ranges.map(({ conversationId }) => conversationId)),
    ]);
    return new Map(
      [...found].map(([conversationId, messages]) => {
        const known = receipts.get(conversationId) ?? NO_RECEIPTS;
        return [conversationId, messages.map((message) => toWire(message, statusOf(message, known, userId)))];
      }),
    );
  }

  /** Conversations with messages of the other that no device of the viewer has confirmed. */
  private async withUnconfirmed(
    views: ConversationView[],
    session: ClientSession,
  ): Promise<Set<ConversationView>> {
    const unread = views.filter(({ unreadCount }) => unreadCount > 0);
    // Where nothing was delivered since it was read, unread says it; elsewhere the tally at delivered must be read.
    const places = unread.flatMap((view) => {
      const { delivered, read } = marksOf(view);
      return delivered > read ? [{ conversationId: view.conversationId, seq: delivered }] : [];
    });
    const tallies = await this.messages.findTallies(places, session);
    return new Set(
      unread.filter((view) => {
        const { delivered, readTally } = marksOf(view);
        const atDelivered = tallies.get(`${view.conversationId}:${delivered}`)?.[otherSide(sideIn(view))];
        return view.unreadCount + readTally > (atDelivered ?? readTally);
      }),
    );
  }
}

function sideIn({ viewerId, otherUserId }: ConversationView): 0 | 1 {
  return sideOf(viewerId, otherUserId);
}

function marksOf(view: ConversationView) {
  return view.receipts[sideIn(view)];
}
