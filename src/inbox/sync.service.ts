import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import type { Identity } from '../common/identity.js';
import { PeopleLists } from '../friends/people-lists.js';
import { toWire } from '../messages/message.js';
import { statusOf } from '../messages/receipts.js';
import { ReceiptsService } from '../messages/receipts.service.js';
import { Realtime } from '../realtime/realtime.js';
import type { People, Sync, SyncAnswer, SyncedConversation } from '../realtime/wire.js';
import { type ConversationView, stateOf } from './conversation-view.js';
import { ConversationViews } from './conversation-views.js';
import { type Given, GivenTokens, peopleDigest, type Round, stateDigest } from './given.js';
import { type Filled, Portions } from './portions.js';
import { type Known, plan } from './sync-plan.js';

const DEFAULT_LIMIT = 200;

/** What was read for an answer on one snapshot. */
interface Found {
  views: ConversationView[];
  filled: Filled[];
  /** Whether there is more to give. */
  hasMore: boolean;
  people: People | undefined;
}

/** Brings a device that was away up to date in one round trip: exactly what it missed. */
@Injectable()
export class SyncService {
  constructor(
    private readonly views: ConversationViews,
    private readonly portions: Portions,
    private readonly people: PeopleLists,
    private readonly receipts: ReceiptsService,
    private readonly tokens: GivenTokens,
    private readonly realtime: Realtime,
  ) {}

  /**
   * What is new behind the tokens. All of an answer is as it was at one moment; what happens later is new to the
   * next one. The cursor holds what the answers of this round gave, so it does not matter whether a repetition
   * brings the tokens of the first call or those of the answers since.
   *
   * @param socketId - the socket that asks, if it does not come by HTTP
   * @throws ChatError `validation_failed` for a cursor that is none
   */
  async sync(me: Identity, wanted: Sync, socketId?: string): Promise<SyncAnswer> {
    const { userId } = me;
    const round: Round =
      wanted.cursor === undefined
        ? { conversations: new Map() }
        : this.tokens.readRound(userId, wanted.cursor);
    const found = await this.views.read(userId, (views, session) =>
      this.find(userId, wanted, round, views, session),
    );
    const fetched = found.filled.flatMap((one) => one.fetched ?? []);
    await Promise.all(fetched.map((range) => this.receipts.markFetched(range)));
    const answer = this.answer(userId, wanted, round, found);
    if (answer.cursor === null) this.realtime.synced(me, givenOf(found.views, round), socketId);
    return answer;
  }

  private async find(
    userId: string,
    { conversations, people, limit = DEFAULT_LIMIT }: Sync,
    round: Round,
    views: ConversationView[],
    session: ClientSession,
  ): Promise<Found> {
    const known = views.map((view) => this.known(view, conversations[view.conversationId], round));
    const { portions, someWait } = plan(known, limit);
    const [filled, lists] = await Promise.all([
      this.portions.fill(userId, portions, session),
      people === undefined ? undefined : this.people.of(userId, session),
    ]);
    const hasMore = someWait || filled.some(({ upTo, view }) => upTo < view.lastSeq);
    return { views, filled, hasMore, people: lists };
  }

  private known(view: ConversationView, token: string | undefined, round: Round): Known {
    const { viewerId, conversationId } = view;
    const told = round.conversations.get(conversationId);
    const given = told ?? (token ? this.tokens.readConversation(viewerId, conversationId, token) : undefined);
    return { view, given, wasTold: told !== undefined };
  }

  /** Tells what was found, and notes in the round what is thereby given. */
  private answer(userId: string, wanted: Sync, round: Round, found: Found): SyncAnswer {
    const people = found.people && this.changedPeople(userId, wanted, round, found.people);
    const conversations = found.filled.map((filled) => this.conversation(userId, filled, round));
    const cursor = found.hasMore ? this.tokens.ofRound(userId, round) : null;
    return { success: true, conversations, ...(people && { people }), cursor };
  }

  private conversation(userId: string, filled: Filled, round: Round): SyncedConversation {
    const { view, messages, hasOlder, upTo } = filled;
    const { conversationId, ...state } = stateOf(view);
    const given: Given = { seq: upTo, digest: stateDigest({ conversationId, ...state }) };
    round.conversations.set(conversationId, given);
    return {
      conversationId,
      otherUserId: view.otherUserId,
      token: this.tokens.ofConversation(userId, conversationId, given),
      messages: messages.map((message) => toWire(message, statusOf(message, view.receipts, userId))),
      hasOlder,
      ...state,
    };
  }

  private changedPeople(
    userId: string,
    wanted: Sync,
    round: Round,
    people: People,
  ): SyncAnswer['people'] | undefined {
    const digest = peopleDigest(people);
    const given = round.people ?? this.tokens.readPeople(userId, wanted.people ?? '');
    if (digest === given) return undefined;
    round.people = digest;
    return { token: this.tokens.ofPeople(userId, digest), ...people };
  }
}

/** Up to where a device has each conversation at the end of a round: what was not told was nothing new. */
function givenOf(views: ConversationView[], { conversations }: Round): Map<string, number> {
  return new Map(
    views.map(({ conversationId, lastSeq }) => [
      conversationId,
      conversations.get(conversationId)?.seq ?? lastSeq,
    ]),
  );
}
