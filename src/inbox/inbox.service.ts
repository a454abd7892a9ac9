import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import type { Identity } from '../common/identity.js';
import { Appearances } from '../friends/appearances.js';
import { type StoredMessage, toWire } from '../messages/message.js';
import { OverviewRepository } from '../messages/overview.repository.js';
import { statusOf } from '../messages/receipts.js';
import type { Conversation, Person, Presence } from '../realtime/wire.js';
import { UsersService } from '../users/users.service.js';
import { type ConversationView, inListOrder, positionOf, stateOf } from './conversation-view.js';
import { ConversationViews } from './conversation-views.js';
import type { ListConversationsDto } from './dto/list-conversations.dto.js';
import { ListCursor } from './list-cursor.js';

const DEFAULT_LIMIT = 50;

/** A page of the conversation list. */
export interface ConversationsPage {
  conversations: Conversation[];
  /** `null` at the end. */
  nextCursor: string | null;
}

/** Messages that wait for a person. */
export interface Unread {
  total: number;
  /** By the id of the other person; only where there are any. */
  conversations: Record<string, number>;
}

/** What was read for a page on one snapshot. */
interface Page {
  views: ConversationView[];
  lastMessages: Map<string, StoredMessage>;
  people: Map<string, Person>;
  isLast: boolean;
}

/** A person's conversations at a glance. */
@Injectable()
export class InboxService {
  constructor(
    private readonly views: ConversationViews,
    private readonly overview: OverviewRepository,
    private readonly users: UsersService,
    private readonly appearances: Appearances,
    private readonly cursors: ListCursor,
  ) {}

  /**
   * A page of the conversation list: pinned first, then the newest.
   *
   * @throws ChatError `validation_failed` for a cursor that is none
   */
  async list({ userId }: Identity, query: ListConversationsDto): Promise<ConversationsPage> {
    const { limit = DEFAULT_LIMIT, cursor } = query;
    const after = cursor === undefined ? undefined : this.cursors.read(userId, cursor);
    const page = await this.views.read(userId, (views, session) => {
      const left = after ? views.filter((view) => inListOrder(positionOf(view), after) > 0) : views;
      return this.readPage(left.slice(0, limit), left.length <= limit, session);
    });
    const looks = await this.appearances.of(userId, [...page.people.keys()]);
    const last = page.views.at(-1);
    return {
      conversations: page.views.flatMap((view) => entryOf(view, page, looks) ?? []),
      nextCursor: page.isLast || !last ? null : this.cursors.make(userId, positionOf(last)),
    };
  }

  /** How many messages wait, in each conversation and in all. */
  async unread({ userId }: Identity): Promise<Unread> {
    const views = await this.views.read(userId, async (all) => all);
    const waiting = views.filter(({ unreadCount }) => unreadCount > 0);
    return {
      total: waiting.reduce((sum, { unreadCount }) => sum + unreadCount, 0),
      conversations: Object.fromEntries(
        waiting.map(({ otherUserId, unreadCount }) => [otherUserId, unreadCount]),
      ),
    };
  }

  private async readPage(views: ConversationView[], isLast: boolean, session: ClientSession): Promise<Page> {
    const places = views
      .filter(({ lastSeq }) => lastSeq > 0)
      .map(({ conversationId, lastSeq }) => ({ conversationId, seq: lastSeq }));
    const [lastMessages, people] = await Promise.all([
      this.overview.findAt(places, session),
      this.users.people(
        views.map(({ otherUserId }) => otherUserId),
        session,
      ),
    ]);
    return { views, lastMessages, people, isLast };
  }
}

function entryOf(view: ConversationView, page: Page, looks: Map<string, Presence>): Conversation | undefined {
  const person = page.people.get(view.otherUserId);
  const presence = looks.get(view.otherUserId);
  if (!person || !presence) return undefined;
  const { conversationId, ...state } = stateOf(view);
  const last = page.lastMessages.get(conversationId);
  return {
    conversationId,
    otherUser: { ...person, ...presence },
    lastMessage: last ? toWire(last, statusOf(last, view.receipts, view.viewerId)) : null,
    ...state,
  };
}
