import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { MetadataRepository } from '../conversations/metadata.repository.js';
import type { Settings } from '../conversations/settings.js';
import { conversationIdOf } from '../database/ids.js';
import { Snapshots } from '../database/snapshots.js';
import { FriendshipsRepository } from '../friends/friendships.repository.js';
import { headAfter, type Placed } from '../messages/numbering.js';
import { OverviewRepository } from '../messages/overview.repository.js';
import { NO_RECEIPTS, otherSide, type Receipts, sideOf } from '../messages/receipts.js';
import { ReceiptsRepository } from '../messages/receipts.repository.js';
import { type ConversationView, inListOrder, isListed, positionOf } from './conversation-view.js';

/** What was read of a conversation. */
interface Found {
  end: Placed | undefined;
  /** When the last message that the viewer may see was sent, where that is not the last one of all. */
  visibleAt: Date | undefined;
  receipts: Receipts | undefined;
  settings: Settings | undefined;
}

/**
 * A person's conversations, derived from what is stored whenever they are asked for: nothing is kept that could
 * lag or differ. A handful of queries on one snapshot, whatever the number of conversations and messages.
 */
@Injectable()
export class ConversationViews {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly friendships: FriendshipsRepository,
    private readonly metadata: MetadataRepository,
    private readonly overview: OverviewRepository,
    private readonly receipts: ReceiptsRepository,
  ) {}

  /**
   * All conversations that are listed for this person, in the order of the list.
   *
   * @param use - makes the answer, with what else it reads on the same snapshot; may run several times
   */
  read<T>(
    viewerId: string,
    use: (views: ConversationView[], session: ClientSession) => Promise<T>,
  ): Promise<T> {
    return this.snapshots.read(
      (session) => this.friendships.findOthers(viewerId, session),
      async (session, others) => use(await this.derive(viewerId, others, session), session),
    );
  }

  private async derive(
    viewerId: string,
    known: string[],
    session: ClientSession,
  ): Promise<ConversationView[]> {
    const settings = await this.metadata.findAll(viewerId, session);
    const others = [...new Set([...known, ...settings.keys()])];
    const ids = others.map((other) => conversationIdOf(viewerId, other));
    const [ends, receipts] = await Promise.all([
      this.overview.findEnds(ids, session),
      this.receipts.find(ids, session),
    ]);
    const visibleAt = await this.timesBehindHidden(viewerId, ends, session);
    return others
      .map((other, index) => {
        const id = ids[index] as string;
        return viewOf(viewerId, other, {
          end: ends.get(id),
          visibleAt: visibleAt.get(id),
          receipts: receipts.get(id),
          settings: settings.get(other),
        });
      })
      .filter(isListed)
      .toSorted((one, other) => inListOrder(positionOf(one), positionOf(other)));
  }

  /** Where the last message is hidden from the viewer: when the last one that they may see was sent. */
  private async timesBehindHidden(
    viewerId: string,
    ends: Map<string, Placed>,
    session: ClientSession,
  ): Promise<Map<string, Date>> {
    const places = [...ends.values()].flatMap(({ conversationId, hidden, lastVisible, senderId }) =>
      hidden && lastVisible && senderId !== viewerId ? [{ conversationId, seq: lastVisible }] : [],
    );
    const messages = await this.overview.findAt(places, session);
    return new Map([...messages].map(([id, { createdAt }]) => [id, createdAt]));
  }
}

function viewOf(viewerId: string, otherUserId: string, found: Found): ConversationView {
  const { end, visibleAt, receipts = NO_RECEIPTS, settings } = found;
  const side = sideOf(viewerId, otherUserId);
  const head = headAfter(end);
  const lastSeq = head.visible[side];
  return {
    conversationId: conversationIdOf(viewerId, otherUserId),
    viewerId,
    otherUserId,
    lastSeq,
    endSeq: head.seq,
    lastAt: lastSeq === 0 ? 0 : (visibleAt ?? head.createdAt).getTime(),
    unreadCount: head.tally[otherSide(side)] - receipts[side].readTally,
    receipts,
    settings,
  };
}
