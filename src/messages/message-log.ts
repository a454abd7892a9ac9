import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { messageOf } from '../common/message-of.js';
import type { ConversationEnd } from '../realtime/bus.js';
import type { StoredMessage } from './message.js';
import { MessageMetrics } from './message-metrics.js';
import { type InsertOutcome, MessagesRepository } from './messages.repository.js';
import { type Head, headAfter, placeBehind } from './numbering.js';
import { OverviewRepository } from './overview.repository.js';
import type { PendingSend } from './pending-send.js';
import { SendQueue } from './send-queue.js';

/** Most messages in one write. */
const LARGEST_BATCH = 1000;

/** Conversations whose head is remembered. */
const HEADS_KEPT = 100_000;

/** Pause before a write of unknown outcome is looked at again, in milliseconds. */
const PAUSE = 100;

/** Times that a send finds its number taken before it pauses between tries. */
const UNPAUSED_COLLISIONS = 20;

/** Where a batch stands: what is still to be stored, and whether some of it may be stored already. */
interface Progress {
  rest: PendingSend[];
  isInDoubt: boolean;
}

/** What the log asks of its owner. */
export interface LogHooks {
  /** Called for each message in the order in which they were stored, before its send is answered. */
  stored(message: StoredMessage, send: PendingSend): void;
  /** Reads what the sends depend on again, and fails those that may no longer be sent. */
  recheck(sends: PendingSend[]): Promise<void>;
}

/**
 * The one writer of messages on this node. Sends that wait at the same time go down as one ordered insert; the
 * next begins when the last one has landed, so an idle server adds no delay and a busy one grows its batches.
 *
 * Numbers come without a counter: the log proposes the one behind the last it knows, and the unique index
 * decides. The insert is ordered, so a prefix lands and nothing behind it does: no gap can come to be.
 */
@Injectable()
export class MessageLog {
  private readonly logger = new Logger(MessageLog.name);
  private readonly queue = new SendQueue();
  private readonly heads = new Map<string, Head>();
  private isWriting = false;
  private isScheduled = false;
  private hooks!: LogHooks;

  constructor(
    private readonly repository: MessagesRepository,
    private readonly overview: OverviewRepository,
    private readonly metrics: MessageMetrics,
  ) {}

  /** Names the owner; called once, at the start. */
  serve(hooks: LogHooks): void {
    this.hooks = hooks;
  }

  /** The send under the same idempotency key that is on its way already. */
  twinOf(send: PendingSend): PendingSend | undefined {
    return this.queue.twinOf(send);
  }

  /** Gives the send its place in its line; it is stored once its relation is set and `wake` was called. */
  enter(send: PendingSend): void {
    this.queue.add(send);
  }

  /**
   * Takes in where a conversation ends, as another node says. Only of use where both write in it; a conversation
   * that this node does not know is read when it is needed.
   */
  learn({ conversationId, seq, tally, visible, createdAt }: ConversationEnd): void {
    const known = this.heads.get(conversationId);
    if (known && seq > known.seq) {
      this.heads.set(conversationId, { seq, tally, visible, createdAt: new Date(createdAt) });
    }
  }

  /** Forgets an answered send's key. */
  release(send: PendingSend): void {
    this.queue.release(send);
  }

  /** Writes what is ready, soon, and together with what becomes ready at the same time. */
  wake(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    try {
      for (let batch = this.take(); batch.length > 0; batch = this.take()) await this.write(batch);
    } finally {
      this.isWriting = false;
    }
  }

  private take(): PendingSend[] {
    return this.queue.takeReady(LARGEST_BATCH);
  }

  /** Stores the batch, however many inserts it takes; each send is answered or past its deadline at the end. */
  private async write(batch: PendingSend[]): Promise<void> {
    let rest = batch;
    let isInDoubt = false;
    while (rest.length > 0) {
      try {
        const result: Progress = isInDoubt ? await this.resolveDoubt(rest) : await this.attempt(rest);
        ({ rest, isInDoubt } = result);
      } catch (error) {
        this.logger.warn(`Messages wait for the database: ${messageOf(error)}`);
        this.forget(rest);
        isInDoubt = true;
        await delay(PAUSE);
      }
    }
  }

  /** One insert, numbered behind what is known. */
  private async attempt(batch: PendingSend[]): Promise<Progress> {
    await this.learnHeads(batch);
    // One whose deadline fell meanwhile was told that nothing was stored, and so it stays.
    const sends = batch.filter((send) => !send.isSettled);
    if (sends.length === 0) return { rest: [], isInDoubt: false };
    const messages = this.number(sends);
    for (const send of sends) send.wasAttempted = true;
    this.metrics.batchSize.observe(messages.length);
    const stopTimer = this.metrics.writeSeconds.startTimer();
    const outcome = await this.repository.insert(messages);
    stopTimer();
    if (outcome.kind === 'stored') {
      sends.forEach((send, index) => this.land(send, messages[index] as StoredMessage));
      return { rest: [], isInDoubt: false };
    }
    this.forget(sends);
    if (outcome.kind === 'refused') return this.afterRefusal(sends, messages, outcome);
    this.metrics.unknownOutcomes.inc();
    this.logger.warn(`The outcome of a write is not known, the store is asked: ${messageOf(outcome.error)}`);
    await delay(PAUSE);
    return { rest: sends, isInDoubt: true };
  }

  /** What landed is answered; the refused one is looked into; the rest goes on behind the true last numbers. */
  private async afterRefusal(
    sends: PendingSend[],
    messages: StoredMessage[],
    { landed, isDuplicate, error }: Extract<InsertOutcome, { kind: 'refused' }>,
  ): Promise<Progress> {
    for (let index = 0; index < landed; index += 1) {
      this.land(sends[index] as PendingSend, messages[index] as StoredMessage);
    }
    const refused = sends[landed] as PendingSend;
    const rest = sends.slice(landed);
    if (!isDuplicate) refused.fail(new ChatError('internal', { cause: error }));
    else await this.answerFromStore(refused, rest);
    if (!refused.isSettled) await this.collide(refused);
    return { rest: rest.filter((send) => !send.isSettled), isInDoubt: false };
  }

  private async collide(send: PendingSend): Promise<void> {
    this.metrics.collisions.inc();
    send.collisions += 1;
    if (send.collisions > UNPAUSED_COLLISIONS) await delay(PAUSE);
  }

  /**
   * What a duplicate key was can only be learned by reading: the driver does not say which index, and the text
   * of the error holds what the user sent. This very message, stored by an earlier try? Another one under its
   * idempotency key? If neither, its number was taken by another node. Where one send repeats a key, those behind
   * it often do too (a client that sends its outbox again), so one read answers them all.
   */
  private async answerFromStore(refused: PendingSend, rest: PendingSend[]): Promise<void> {
    const [[own], twins] = await Promise.all([
      this.repository.findStored([refused.draft]),
      this.repository.findTwins(rest.map(({ draft }) => draft)),
    ]);
    if (own) this.land(refused, own);
    for (const send of rest) {
      const twin = send.key === undefined ? undefined : twins.get(send.key);
      if (!twin || send.isSettled) continue;
      if (twin._id === send.draft._id) this.land(send, twin);
      else send.succeed({ message: twin, isNew: false });
    }
  }

  /**
   * After an unknown outcome the store is asked for the ids first: what is there is answered with its own
   * number. Only the rest is numbered again, after its relations were read again, since a failover takes long
   * enough for a block to be answered meanwhile.
   */
  private async resolveDoubt(sends: PendingSend[]): Promise<Progress> {
    const stored = await this.repository.findStored(sends.map(({ draft }) => draft));
    const byId = new Map(stored.map((message) => [message._id, message]));
    for (const send of sends) {
      const own = byId.get(send.draft._id);
      if (own && !send.isStored) this.land(send, own);
    }
    const missing = sends.filter((send) => !send.isSettled);
    if (missing.length > 0) await this.hooks.recheck(missing);
    return { rest: missing.filter((send) => !send.isSettled), isInDoubt: false };
  }

  private land(send: PendingSend, message: StoredMessage): void {
    send.isStored = true;
    this.hooks.stored(message, send);
    send.succeed({ message, isNew: true });
  }

  private async learnHeads(sends: PendingSend[]): Promise<void> {
    if (this.heads.size > HEADS_KEPT) this.heads.clear();
    const unknown = new Set<string>();
    for (const { draft } of sends) {
      if (!this.heads.has(draft.conversationId)) unknown.add(draft.conversationId);
    }
    if (unknown.size === 0) return;
    const last = await this.overview.findEnds([...unknown]);
    for (const id of unknown) this.heads.set(id, headAfter(last.get(id)));
  }

  private number(sends: PendingSend[]): StoredMessage[] {
    const now = new Date();
    return sends.map((send) => {
      const { conversationId } = send.draft;
      const message = placeBehind(this.heads.get(conversationId) as Head, send.draft, send.isHidden, now);
      this.heads.set(conversationId, headAfter(message));
      return message;
    });
  }

  private forget(sends: PendingSend[]): void {
    for (const { draft } of sends) this.heads.delete(draft.conversationId);
  }
}
