import { type Draft, idempotencyKeyOf, type StoredMessage } from './message.js';
import type { Relation } from './relations.js';

/** What a send came to: the stored message, and whether this very send stored it. */
export interface Sent {
  message: StoredMessage;
  isNew: boolean;
}

/**
 * A send on its way to the store. It is settled once, by the log or by its deadline; what is found out later
 * changes the store's truth, but not the answer.
 */
export class PendingSend {
  /** Known once read; the send waits for it in its place. */
  relation: Relation | undefined;
  /** Whether a write that holds it was begun, so that it may be stored whatever is heard. */
  wasAttempted = false;
  /** Whether it is known to be stored. */
  isStored = false;
  /** Times that its number was taken by another node. */
  collisions = 0;
  /** When it came, by the monotonic clock, in milliseconds. */
  readonly enteredAt = performance.now();
  readonly outcome: Promise<Sent>;
  private resolve!: (sent: Sent) => void;
  private reject!: (error: unknown) => void;
  private settled = false;

  /** @param exceptSocket - the socket that sent it, which is told by its acknowledgement */
  constructor(
    readonly draft: Draft,
    readonly exceptSocket: string | undefined,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Sends of one line keep the order in which they came. */
  get line(): string {
    return this.draft.conversationId + this.draft.senderId;
  }

  /** The idempotency key with its scope, where one was given. */
  get key(): string | undefined {
    return idempotencyKeyOf(this.draft);
  }

  get isSettled(): boolean {
    return this.settled;
  }

  /** Written behind a block: the recipient will not see it. */
  get isHidden(): boolean {
    return this.relation?.isSenderBlocked ?? false;
  }

  /** Answers the send, unless it was answered already. */
  succeed(sent: Sent): void {
    this.settled = true;
    this.resolve(sent);
  }

  fail(error: unknown): void {
    this.settled = true;
    this.reject(error);
  }
}
