import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import type { Blocks } from '../conversations/blocks.js';
import { BlocksService } from '../conversations/blocks.service.js';
import type { StoredMessage } from '../messages/message.js';
import { MessagesRepository } from '../messages/messages.repository.js';
import { OverviewRepository } from '../messages/overview.repository.js';
import { advanced, goesOn, isBehind, lags, otherSide, sideOf, withMarks } from '../messages/receipts.js';
import type { Fetched } from '../messages/receipts.service.js';
import type { ConversationView } from './conversation-view.js';
import type { Portion } from './sync-plan.js';

/** A portion with what it holds. */
export interface Filled {
  portion: Portion;
  /** As it is once this portion has arrived. */
  view: ConversationView;
  /** Oldest first. */
  messages: StoredMessage[];
  hasOlder: boolean;
  /** All up to and including this number that the viewer may see was given now or before. */
  upTo: number;
  /** What thereby arrives with the viewer, where anything does. */
  fetched: Fetched | undefined;
}

type Page = Omit<Filled, 'view' | 'fetched'> & {
  /** The first number that the page speaks of. */
  from: number;
};

/** Reads what the portions of an answer hold. */
@Injectable()
export class Portions {
  constructor(
    private readonly messages: MessagesRepository,
    private readonly overview: OverviewRepository,
    private readonly blocks: BlocksService,
  ) {}

  /** On the snapshot on which the portions were planned. */
  async fill(viewerId: string, portions: Portion[], session: ClientSession): Promise<Filled[]> {
    const [ranges, pages] = await Promise.all([
      this.readRanges(viewerId, portions, session),
      Promise.all(portions.filter(({ part }) => part !== 'all').map((one) => this.readPage(one, session))),
    ]);
    const paged = new Map(pages.map((page) => [page.portion, page]));
    const filled = portions.map((portion) => paged.get(portion) ?? wholePage(portion, ranges));
    return this.receive(filled, session);
  }

  private readRanges(
    viewerId: string,
    portions: Portion[],
    session: ClientSession,
  ): Promise<Map<string, StoredMessage[]>> {
    const ranges = portions
      .filter(({ part, limit }) => part === 'all' && limit > 0)
      .map(({ view, after }) => ({ conversationId: view.conversationId, after, upTo: view.lastSeq }));
    return this.overview.findRanges(viewerId, ranges, session);
  }

  /** One more than wanted tells whether there is more. */
  private async readPage(portion: Portion, session: ClientSession): Promise<Page> {
    const { view, after, limit, part } = portion;
    const isNewest = part === 'newest';
    const order = isNewest ? 'newest first' : 'oldest first';
    const found = await this.messages.findPage({ ...view, after, limit: limit + 1, order }, session);
    const page = found.slice(0, limit);
    const messages = isNewest ? page.toReversed() : page;
    const beyond = found[limit];
    return {
      portion,
      messages,
      from: isNewest ? (beyond?.seq ?? 0) + 1 : after + 1,
      hasOlder: isNewest && beyond !== undefined,
      upTo: isNewest || !beyond ? view.lastSeq : (messages.at(-1)?.seq ?? after),
    };
  }

  /** Counts as delivered what is given, where it begins at what was delivered before. */
  private async receive(pages: Page[], session: ClientSession): Promise<Filled[]> {
    const places = pages.flatMap(({ portion: { view }, from, messages }) => {
      const { delivered } = view.receipts[sideOf(view.viewerId, view.otherUserId)];
      const { conversationId } = view;
      const isClear = messages.length === 0 || from - 1 <= delivered;
      return isClear ? [] : [from - 1, delivered].filter(Boolean).map((seq) => ({ conversationId, seq }));
    });
    const pairs = pages.flatMap(({ portion: { view } }) => [
      { me: view.viewerId, other: view.otherUserId },
      { me: view.otherUserId, other: view.viewerId },
    ]);
    // For everybody: what it costs must not show that somebody is blocked.
    const [tallies, blocks] = await Promise.all([
      this.messages.findTallies(places, session),
      this.blocks.blocksAmong(pairs),
    ]);
    return pages.map(({ from, ...page }) => ({ ...page, ...arrived(page, from, tallies, blocks) }));
  }
}

/** All that there is behind what was given before. */
function wholePage(portion: Portion, ranges: Map<string, StoredMessage[]>): Page {
  const { view, after } = portion;
  return {
    portion,
    messages: ranges.get(view.conversationId) ?? [],
    from: after + 1,
    hasOlder: false,
    upTo: Math.max(after, view.lastSeq),
  };
}

function arrived(
  { portion: { view }, messages, upTo }: Pick<Page, 'portion' | 'messages' | 'upTo'>,
  from: number,
  tallies: Map<string, [number, number]>,
  blocks: Blocks,
): Pick<Filled, 'view' | 'fetched'> {
  const { conversationId, viewerId, otherUserId, receipts, lastSeq, endSeq } = view;
  const to = messages.at(-1)?.seq ?? 0;
  const side = sideOf(viewerId, otherUserId);
  const { delivered } = receipts[side];
  const tallyAt = (seq: number) => tallies.get(`${conversationId}:${seq}`)?.[otherSide(side)] ?? 0;
  if (to <= delivered) {
    // Nothing that the viewer lacked, but the other may not have been shown yet how far they are.
    const isNews =
      (upTo >= lastSeq && isBehind(receipts[side], 'delivered', { lastVisible: lastSeq, end: endSeq })) ||
      (lags(receipts[side]) && !blocks.stand(viewerId, otherUserId));
    const end = { conversationId, userId: viewerId, from: lastSeq + 1, to: lastSeq };
    return { view, fetched: isNews ? end : undefined };
  }
  if (!goesOn(from, delivered, tallyAt)) return { view, fetched: undefined };
  const marks = advanced(receipts[side], { delivered: to, read: 0, readTally: 0 });
  const after = withMarks(receipts, side, marks);
  return { view: { ...view, receipts: after }, fetched: { conversationId, userId: viewerId, from, to } };
}
