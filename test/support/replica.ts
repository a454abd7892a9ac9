import { isDeepStrictEqual } from 'node:util';
import type { Conversation, ConversationState, Message, SyncAnswer } from '../../src/realtime/wire.js';
import type { HttpAnswer, Person } from './person.js';

/** An answer's own part. */
export type Synced = Omit<SyncAnswer, 'success'>;

/** A conversation as a device has it. */
interface Held {
  state: ConversationState;
  otherUserId: string;
  messages: Map<string, Message>;
}

/** How a client repeats a call: with the tokens of its first call, or with those of the answers since. */
export type Repeats = 'first tokens' | 'latest tokens';

/** A device that knows of the conversations only what its syncs bring, and what is older from the history. */
export class Replica {
  readonly held = new Map<string, Held>();
  tokens: Record<string, string> = {};
  /** Messages that came more than once. */
  repeated = 0;
  calls = 0;

  constructor(
    readonly owner: Person,
    private readonly repeats: Repeats = 'first tokens',
  ) {}

  /** Syncs until there is no more. @returns the messages that came */
  async sync(limit?: number, meanwhile?: (call: number) => Promise<unknown>): Promise<Message[]> {
    const first = this.tokens;
    const came: Message[] = [];
    let cursor: string | null = null;
    for (let call = 1; ; call += 1) {
      const conversations = this.repeats === 'first tokens' ? first : this.tokens;
      const body: object = { conversations, ...(limit && { limit }), ...(cursor !== null && { cursor }) };
      const answer: HttpAnswer<Synced> = await this.owner.post<Synced>('/api/sync', body);
      if (answer.status !== 200) throw new Error(`Not synced: ${JSON.stringify(answer.body)}`);
      this.calls += 1;
      came.push(...(await this.take(answer.body)));
      cursor = answer.body.cursor;
      if (cursor === null) return came;
      await meanwhile?.(call);
    }
  }

  /** Throws where what the device has is not what a fresh fetch gives. */
  async mustEqualFreshFetch(): Promise<void> {
    const fresh = await this.freshList();
    this.compare('conversations', [...this.held.keys()].toSorted(), [...fresh.keys()].toSorted());
    for (const [id, { otherUser, lastMessage, ...state }] of fresh) {
      const held = this.held.get(id) as Held;
      this.compare('state', held.state, state);
      this.compare('last message', this.messagesOf(held).at(-1) ?? null, lastMessage);
      const history = await this.history(otherUser._id);
      // The fetch itself moves what was delivered; that the statuses hold says the last message.
      this.compare('messages', this.messagesOf(held).map(withoutStatus), history.map(withoutStatus));
      const unread = history.filter(
        ({ senderId, seq }) => senderId === otherUser._id && seq > state.read.mine,
      );
      this.compare('unread', held.state.unreadCount, unread.length);
    }
  }

  /** The messages with the status that the receipts say. */
  private messagesOf({ state, messages }: Held): Message[] {
    return [...messages.values()]
      .toSorted((one, other) => one.seq - other.seq)
      .map((message) => {
        const whose = message.senderId === this.owner.id ? 'theirs' : 'mine';
        const arrived = message.seq <= state.delivered[whose] ? 'delivered' : 'sent';
        return { ...message, status: message.seq <= state.read[whose] ? 'read' : arrived };
      });
  }

  private async take({ conversations }: Synced): Promise<Message[]> {
    const came: Message[] = [];
    this.tokens = { ...this.tokens };
    for (const { token, otherUserId, messages, hasOlder, ...state } of conversations) {
      this.tokens[state.conversationId] = token;
      const held = this.held.get(state.conversationId) ?? { messages: new Map<string, Message>() };
      const older = hasOlder ? await this.history(otherUserId, messages[0]?.seq) : [];
      for (const message of messages) if (held.messages.has(message._id)) this.repeated += 1;
      for (const message of [...older, ...messages]) held.messages.set(message._id, message);
      this.held.set(state.conversationId, { ...held, state, otherUserId });
      came.push(...messages);
    }
    return came;
  }

  private async freshList(): Promise<Map<string, Conversation>> {
    const all = new Map<string, Conversation>();
    let query = '';
    for (;;) {
      const { body } = await this.owner.get<{ conversations: Conversation[]; nextCursor: string | null }>(
        `/api/conversations?limit=100${query}`,
      );
      for (const one of body.conversations) all.set(one.conversationId, one);
      if (body.nextCursor === null) return all;
      query = `&cursor=${body.nextCursor}`;
    }
  }

  /** All of the history, or what is older than this number. */
  private async history(otherUserId: string, before = Number.MAX_SAFE_INTEGER): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const path = `/api/messages/${otherUserId}?limit=200&before=${all[0]?.seq ?? before}`;
      const { body } = await this.owner.get<Message[]>(path);
      if (body.length === 0) return all;
      all.unshift(...body);
    }
  }

  private compare(what: string, had: unknown, fresh: unknown): void {
    if (isDeepStrictEqual(had, fresh)) return;
    throw new Error(
      `${this.owner.account.name}'s ${what} differ (${this.repeats})\nhad:   ${JSON.stringify(had)}\nfresh: ${JSON.stringify(fresh)}`,
    );
  }
}

function withoutStatus(message: Message): object {
  return { ...message, status: undefined };
}
