import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { AppConfig } from '../config/app-config.js';
import { BlocksService } from '../conversations/blocks.service.js';
import { conversationIdOf } from '../database/ids.js';
import type { Message } from '../realtime/wire.js';
import { UsersService } from '../users/users.service.js';
import type { HistoryQueryDto } from './dto/history-query.dto.js';
import { type StoredMessage, toWire } from './message.js';
import { MessagesRepository } from './messages.repository.js';
import { headAfter } from './numbering.js';
import { OverviewRepository } from './overview.repository.js';
import { isBehind, lags, NO_RECEIPTS, type Receipts, sideOf, statusOf, withMarks } from './receipts.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { ReceiptsService } from './receipts.service.js';

const DEFAULT_LIMIT = 50;

/** A page, oldest first, and the headers that lead to its neighbours. */
export interface HistoryPage {
  messages: Message[];
  headers: { link?: string };
}

interface Slice {
  messages: StoredMessage[];
  /** The first number that the slice speaks of: what it does not list from here on is not for the viewer. */
  from: number;
  /** The number to ask `before`, where there is something older. */
  older?: number | undefined;
  /** The number to ask `after`, where there is something newer. */
  newer?: number | undefined;
}

interface Ends {
  conversationId: string;
  viewerId: string;
  otherUserId: string;
  side: 0 | 1;
  limit: number;
}

/** Reading what was said. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly repository: MessagesRepository,
    private readonly overview: OverviewRepository,
    private readonly receipts: ReceiptsRepository,
    private readonly marks: ReceiptsService,
    private readonly blocks: BlocksService,
    private readonly users: UsersService,
    private readonly config: AppConfig,
  ) {}

  /**
   * A page of the conversation with the other person as the caller may see it. Without any parameter, the
   * newest `HISTORY_BARE_LIMIT`, and they count as read.
   *
   * @param isLook - a HEAD request, which moves nothing
   *
   * @throws ChatError `not_found` for an unknown person, `to_oneself`, `validation_failed`
   */
  async read(
    me: Identity,
    otherUserId: string,
    query: HistoryQueryDto,
    isLook: boolean,
  ): Promise<HistoryPage> {
    const { before, after } = query;
    if (before !== undefined && after !== undefined) throw ChatError.invalid('after', 'excludes before');
    if (otherUserId === me.userId) throw new ChatError('to_oneself');
    await this.users.requireExists(otherUserId);

    const ends = {
      conversationId: conversationIdOf(me.userId, otherUserId),
      viewerId: me.userId,
      otherUserId,
      side: sideOf(me.userId, otherUserId),
      limit: this.limitOf(query),
    };
    const slice = await this.slice(ends, before, after);
    const receipts = await this.receive(ends, slice, isBare(query), isLook);
    return {
      messages: slice.messages.map((message) => toWire(message, statusOf(message, receipts, me.userId))),
      headers: links(otherUserId, Math.min(ends.limit, 200), slice),
    };
  }

  /** What was fetched has arrived; what was opened is read. Returns the receipts afterwards. */
  private async receive(ends: Ends, slice: Slice, isOpened: boolean, isLook: boolean): Promise<Receipts> {
    const { conversationId, viewerId: me, otherUserId: other, side } = ends;
    // All of it for everybody: what it costs must not show that somebody is blocked.
    const [found, last, blocks] = await Promise.all([
      this.receipts.find([conversationId]),
      this.overview.findEnds([conversationId]),
      this.blocks.blocksAmong([
        { me, other },
        { me: other, other: me },
      ]),
    ]);
    const receipts = found.get(conversationId) ?? NO_RECEIPTS;
    const end = last.get(conversationId);
    if (isLook || !end) return receipts;
    const lastVisible = headAfter(end).visible[side];
    const to = slice.messages.at(-1)?.seq ?? Math.min(slice.from - 1, lastVisible);
    const kind = isOpened ? 'read' : 'delivered';
    const marks = receipts[side];
    const isNews =
      to > marks[kind] ||
      isBehind(marks, kind, { lastVisible, end: end.seq }) ||
      (lags(marks) && !blocks.stand(me, other));
    if (!isNews) return receipts;
    const fetched = { conversationId, userId: me, from: Math.min(slice.from, to + 1), to };
    const after = await (isOpened ? this.marks.markOpened(fetched) : this.marks.markFetched(fetched));
    return withMarks(receipts, side, after);
  }

  private limitOf(query: HistoryQueryDto): number {
    return isBare(query) ? this.config.HISTORY_BARE_LIMIT : (query.limit ?? DEFAULT_LIMIT);
  }

  private async slice(ends: Ends, before: number | undefined, after: number | undefined): Promise<Slice> {
    return after === undefined ? this.sliceBefore(ends, before) : this.sliceAfter(ends, after);
  }

  private async sliceBefore(ends: Ends, before: number | undefined): Promise<Slice> {
    const [found, newer] = await Promise.all([
      this.repository.findPage({ ...ends, before, limit: ends.limit + 1, order: 'newest first' }),
      before === undefined
        ? []
        : this.repository.findPage({ ...ends, after: before - 1, limit: 1, order: 'oldest first' }),
    ]);
    const messages = found.slice(0, ends.limit).toReversed();
    return {
      messages,
      from: (found[ends.limit]?.seq ?? 0) + 1,
      older: found.length > ends.limit ? messages[0]?.seq : undefined,
      newer: newer.length > 0 ? (messages.at(-1)?.seq ?? (before as number) - 1) : undefined,
    };
  }

  private async sliceAfter(ends: Ends, after: number): Promise<Slice> {
    const [found, older] = await Promise.all([
      this.repository.findPage({ ...ends, after, limit: ends.limit + 1, order: 'oldest first' }),
      this.repository.findPage({ ...ends, before: after + 1, limit: 1, order: 'newest first' }),
    ]);
    const messages = found.slice(0, ends.limit);
    return {
      messages,
      from: after + 1,
      older:
        older.length > 0 ? (messages[0]?.seq ?? Math.min(after + 1, Number.MAX_SAFE_INTEGER)) : undefined,
      newer: found.length > ends.limit ? messages.at(-1)?.seq : undefined,
    };
  }
}

/** The specification's own form: somebody opens the conversation. */
function isBare({ limit, before, after }: HistoryQueryDto): boolean {
  return limit === undefined && before === undefined && after === undefined;
}

/** The `Link` header (RFC 8288): `prev` leads to what is older, `next` to what is newer. */
function links(otherUserId: string, limit: number, { older, newer }: Slice): { link?: string } {
  const path = `/api/messages/${otherUserId}?limit=${limit}`;
  const link = [
    ...(older === undefined ? [] : [`<${path}&before=${older}>; rel="prev"`]),
    ...(newer === undefined ? [] : [`<${path}&after=${newer}>; rel="next"`]),
  ].join(', ');
  return link === '' ? {} : { link };
}
