import { type Draft, idempotencyKeyOf, type StoredMessage } from '../../src/messages/message.js';
import type { InsertOutcome, MessagesRepository } from '../../src/messages/messages.repository.js';
import { headAfter, type Placed, placeBehind } from '../../src/messages/numbering.js';
import type { OverviewRepository } from '../../src/messages/overview.repository.js';

/** What happens to one insert in place of what should. */
type Fault = (messages: StoredMessage[], store: (messages: StoredMessage[]) => InsertOutcome) => unknown;

/**
 * The messages in memory, with the two unique indexes of the real store and its ordered insert, for specs of what
 * is built on it. What it is asked is counted, and inserts can be made to fail.
 */
export class MessageStore {
  readonly all: StoredMessage[] = [];
  /** The inserts so far, each with what it was to store. */
  readonly inserts: StoredMessage[][] = [];
  /** For which conversations the end was asked, each time. */
  readonly endsAsked: string[][] = [];
  /** Of which sends it was asked whether their idempotency keys are taken, each time. */
  readonly twinsAsked: Draft[][] = [];
  /** Runs before each read of ends, and may fail or wait. */
  beforeEnds: () => Promise<void> | void = () => undefined;
  /** Runs before stored messages are looked up by id, and may fail or wait. */
  beforeLookUp: () => Promise<void> | void = () => undefined;
  private readonly faults: Fault[] = [];

  /** The next insert goes so. */
  next(fault: Fault): void {
    this.faults.push(fault);
  }

  /** Another node writes. */
  writes(draft: Draft, isHidden = false): StoredMessage {
    const message = placeBehind(headAfter(this.endOf(draft.conversationId)), draft, isHidden);
    this.all.push(message);
    return message;
  }

  endOf(conversationId: string): StoredMessage | undefined {
    const messages = this.all.filter((message) => message.conversationId === conversationId);
    return messages.toSorted((one, other) => one.seq - other.seq).at(-1);
  }

  get repository(): MessagesRepository {
    const repository: Pick<MessagesRepository, 'insert' | 'findStored' | 'findTwins' | 'findTallies'> = {
      insert: async (messages) => {
        this.inserts.push(messages);
        await Promise.resolve();
        const fault = this.faults.shift();
        return fault ? ((await fault(messages, this.store)) as InsertOutcome) : this.store(messages);
      },
      findStored: async (drafts) => {
        await this.beforeLookUp();
        const ids = new Set(drafts.map(({ _id }) => _id));
        return this.all.filter(({ _id }) => ids.has(_id)).map(asRead);
      },
      findTwins: async (drafts) => {
        this.twinsAsked.push(drafts);
        const keys = new Set(drafts.map(idempotencyKeyOf));
        const twins = this.all.filter((one) => keys.has(idempotencyKeyOf(one) ?? ''));
        return new Map(twins.map((one) => [idempotencyKeyOf(one) as string, asRead(one)]));
      },
      findTallies: async (places) =>
        new Map(
          places.flatMap(({ conversationId, seq }) =>
            this.all
              .filter((one) => one.conversationId === conversationId && one.seq === seq)
              .map(({ tally }) => [`${conversationId}:${seq}`, tally] as const),
          ),
        ),
    };
    return repository as unknown as MessagesRepository;
  }

  get overview(): OverviewRepository {
    const overview: Pick<OverviewRepository, 'findEnds'> = {
      findEnds: async (ids) => {
        this.endsAsked.push(ids);
        await this.beforeEnds();
        return new Map(
          ids.flatMap((id): [string, Placed][] => {
            const end = this.endOf(id);
            return end ? [[id, asRead(end)]] : [];
          }),
        );
      },
    };
    return overview as unknown as OverviewRepository;
  }

  private readonly store = (messages: StoredMessage[]): InsertOutcome => {
    for (const [landed, message] of messages.entries()) {
      if (this.all.some((one) => clash(one, message))) {
        return { kind: 'refused', landed, isDuplicate: true, error: new Error('duplicate key') };
      }
      this.all.push(message);
    }
    return { kind: 'stored' };
  };
}

/** What is not stored is not read. */
function asRead({ previous: _previous, ...message }: StoredMessage): StoredMessage {
  return message;
}

function clash(one: StoredMessage, other: StoredMessage): boolean {
  if (one._id === other._id) return true;
  if (one.conversationId !== other.conversationId) return false;
  const { clientMessageId } = one;
  const isTwin = clientMessageId !== undefined && clientMessageId === other.clientMessageId;
  return one.seq === other.seq || (isTwin && one.senderId === other.senderId);
}
