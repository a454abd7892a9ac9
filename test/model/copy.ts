import type {
  ConversationMetadata,
  ConversationState,
  FriendRequest,
  Message,
  People,
  StatusChange,
  SyncAnswer,
} from '../../src/realtime/wire.js';
import type { Payload, ServerEvent } from '../../src/realtime/client-events.js';

/** What a device has of the conversation with one other person. */
export interface Held {
  messages: Map<string, Message>;
  read: { mine: number; theirs: number };
  delivered: { theirs: number };
  metadata: ConversationMetadata | undefined;
  /** Up to where its syncs have given. */
  syncedTo: number;
}

/** An event as it came. */
export interface Heard {
  event: string;
  payload: unknown;
}

type Handlers = { [E in ServerEvent]?: (payload: Payload<E>) => void };

/**
 * What a device has, as a client that follows the contract would keep it: what its syncs and answers brought, and
 * the events since. A message that it has is dropped when it comes again.
 */
export class Copy {
  /** By the id of the other person. */
  readonly held = new Map<string, Held>();
  readonly friends = new Set<string>();
  /** Open requests, either way. */
  readonly requests = new Map<string, FriendRequest>();
  /** Who types to the owner. */
  readonly typing = new Set<string>();
  tokens: Record<string, string> = {};
  /** What its syncs said last beside the messages, by conversation. */
  readonly told = new Map<string, string>();
  peopleToken = '';
  private readonly others = new Map<string, string>();
  private readonly handlers: Handlers = {
    receiveMessage: (message) => this.keep(message),
    messageSent: (message) => this.keep(message),
    messageStatus: (change) => this.advance(change),
    conversationUpdated: (metadata) => {
      this.of(metadata.otherUserId).metadata = metadata;
    },
    typingStatus: ({ senderId, isTyping }) => {
      if (isTyping) this.typing.add(senderId);
      else this.typing.delete(senderId);
    },
    friendRequest: (request) => void this.requests.set(request._id, request),
    friendRequestClosed: ({ requestId }) => void this.requests.delete(requestId),
    friendAccepted: ({ _id }) => this.befriend(_id),
    friendRemoved: ({ userId }) => void this.friends.delete(userId),
  };

  constructor(private readonly owner: string) {}

  of(otherId: string): Held {
    const held = this.held.get(otherId) ?? {
      messages: new Map(),
      read: { mine: 0, theirs: 0 },
      delivered: { theirs: 0 },
      metadata: undefined,
      syncedTo: 0,
    };
    this.held.set(otherId, held);
    return held;
  }

  /** An event came. */
  hear({ event, payload }: Heard): void {
    (this.handlers as Record<string, ((payload: unknown) => void) | undefined>)[event]?.(payload);
  }

  /** The owner's own send was answered, or a message was told. */
  keep(message: Message): void {
    const otherId = message.senderId === this.owner ? message.recipientId : message.senderId;
    this.others.set(message.conversationId, otherId);
    const { messages } = this.of(otherId);
    if (!messages.has(message._id)) messages.set(message._id, message);
  }

  /** The owner has read up to here on this very device. */
  markRead(otherId: string, seq: number): void {
    const { read } = this.of(otherId);
    read.mine = Math.max(read.mine, seq);
  }

  /** What a sync brought. @returns the oldest that came, by person, where there is something older */
  take({ conversations, people }: Omit<SyncAnswer, 'success'>): { otherId: string; before: number }[] {
    const incomplete: { otherId: string; before: number }[] = [];
    for (const { token, otherUserId, messages, hasOlder, ...state } of conversations) {
      this.tokens = { ...this.tokens, [state.conversationId]: token };
      for (const message of messages) this.keep(message);
      this.others.set(state.conversationId, otherUserId);
      this.told.set(state.conversationId, toldText(state));
      this.restate(otherUserId, state);
      const held = this.of(otherUserId);
      held.syncedTo = Math.max(held.syncedTo, messages.at(-1)?.seq ?? 0);
      const [oldest] = messages;
      if (hasOlder && oldest) incomplete.push({ otherId: otherUserId, before: oldest.seq });
    }
    if (people) this.peopleToken = people.token;
    if (people) this.takePeople(people);
    return incomplete;
  }

  /** The lists as they were fetched. */
  takePeople({ friends, incoming, outgoing }: People): void {
    this.friends.clear();
    this.requests.clear();
    for (const { _id } of friends) this.friends.add(_id);
    for (const request of [...incoming, ...outgoing]) this.requests.set(request._id, request);
  }

  private restate(otherId: string, { read, delivered, metadata }: ConversationState): void {
    const held = this.of(otherId);
    held.metadata = metadata;
    held.read = {
      mine: Math.max(held.read.mine, read.mine),
      theirs: Math.max(held.read.theirs, read.theirs),
    };
    held.delivered = { theirs: Math.max(held.delivered.theirs, delivered.theirs) };
  }

  private advance({ conversationId, userId, status, seq }: StatusChange): void {
    const { read, delivered } = this.of(this.others.get(conversationId) ?? conversationId);
    if (userId === this.owner) {
      read.mine = Math.max(read.mine, seq);
      return;
    }
    delivered.theirs = Math.max(delivered.theirs, seq);
    if (status === 'read') read.theirs = Math.max(read.theirs, seq);
  }

  private befriend(otherId: string): void {
    this.friends.add(otherId);
    for (const { _id, from, to } of this.requests.values()) {
      if (from._id === otherId || to._id === otherId) this.requests.delete(_id);
    }
  }
}

/** What a sync says of a conversation beside its messages. */
export function toldText({
  unreadCount,
  read,
  delivered,
  metadata,
}: Omit<ConversationState, 'conversationId'>): string {
  return JSON.stringify([unreadCount, read, delivered, metadata]);
}
