import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { BlocksService } from '../conversations/blocks.service.js';
import { MessagesRepository } from './messages.repository.js';
import { headAfter, type Placed } from './numbering.js';
import { OverviewRepository } from './overview.repository.js';
import {
  advanced,
  goesOn,
  hasMoved,
  NO_RECEIPTS,
  otherSide,
  type Receipts,
  shownOf,
  sideOf,
  type Watermarks,
  withMarks,
} from './receipts.js';
import { type ReceiptChange, ReceiptsRepository } from './receipts.repository.js';

/** One person's word on how far they are in a conversation. */
export interface Receipt {
  conversationId: string;
  userId: string;
  kind: 'delivered' | 'read';
  /** Up to and including. */
  to: number;
  /**
   * The first number it speaks of, where it speaks of a range: it counts only if nothing of the other lies between
   * what was delivered before and this. Without it, it speaks of all up to `to`.
   */
  from?: number | undefined;
  /** The socket that it came from. */
  fromSocket?: string | undefined;
}

/** What became of a receipt: how far the person is now, and what the conversation holds for them. */
export interface Received {
  otherUserId: string;
  before: Watermarks;
  after: Watermarks;
  unreadCount: number;
}

interface Waiting {
  receipt: Receipt;
  resolve: (received: Received) => void;
  reject: (error: unknown) => void;
}

/** What the receipts of one batch rest on. */
interface Ground {
  last: Map<string, Placed>;
  receipts: Map<string, Receipts>;
  /** How many each of the two had written at a number, by `conversationId:seq`. */
  tallies: Map<string, [number, number]>;
}

/**
 * Gathers receipts as the message log gathers messages: those that come while a write is under way go down
 * together, one write a conversation, however many they are.
 */
@Injectable()
export class ReceiptLog {
  private waiting: Waiting[] = [];
  private isWriting = false;
  private told!: (receipt: Receipt, received: Received) => void;

  constructor(
    private readonly messages: MessagesRepository,
    private readonly overview: OverviewRepository,
    private readonly repository: ReceiptsRepository,
    private readonly blocks: BlocksService,
  ) {}

  /** Names who is told of what has moved, once it is stored. */
  serve(told: (receipt: Receipt, received: Received) => void): void {
    this.told = told;
  }

  /**
   * Takes a receipt in; resolved when it is durable.
   *
   * @throws ChatError `not_found` for a conversation that is not theirs, `seq_out_of_range` above their last number
   */
  take(receipt: Receipt): Promise<Received> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ receipt, resolve, reject });
      if (!this.isWriting) setImmediate(() => void this.writeAll());
    });
  }

  private async writeAll(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    try {
      while (this.waiting.length > 0) {
        const batch = this.waiting;
        this.waiting = [];
        await this.write(batch).catch((error: unknown) => {
          for (const { reject } of batch) reject(error);
        });
      }
    } finally {
      this.isWriting = false;
    }
  }

  private async write(batch: Waiting[]): Promise<void> {
    const ground = await this.survey(batch.map(({ receipt }) => receipt));
    const valid = batch.filter((one) => accept(one, ground));
    const blocks = await this.blocks.blocksAmong(
      valid.flatMap(({ receipt }) => {
        const pair = { me: receipt.userId, other: otherOf(receipt, ground) };
        return [pair, { me: pair.other, other: pair.me }];
      }),
    );
    const moves = valid.map((one) => {
      const other = otherOf(one.receipt, ground);
      return { ...one, ...this.move(one.receipt, other, ground, !blocks.stand(one.receipt.userId, other)) };
    });
    const changes = moves.flatMap(({ change }) => (change ? [change] : []));
    if (changes.length > 0) await this.repository.advance(combined(changes));
    for (const [receipt, received] of endsOf(moves)) this.told(receipt, received);
    for (const { received, resolve } of moves) resolve(received);
  }

  /** Reads all that the batch rests on, in two rounds. */
  private async survey(receipts: Receipt[]): Promise<Ground> {
    const ids = [...new Set(receipts.map(({ conversationId }) => conversationId))];
    const [last, stored] = await Promise.all([this.overview.findEnds(ids), this.repository.find(ids)]);
    const places = receipts.flatMap(({ conversationId, to, from, userId }) => {
      const message = last.get(conversationId);
      if (!message) return [];
      const marks = (stored.get(conversationId) ?? NO_RECEIPTS)[sideOf(userId, otherIn(message, userId))];
      const seqs = from === undefined ? [to] : [to, from - 1, marks.delivered];
      return seqs.filter((seq) => seq > 0 && seq <= message.seq).map((seq) => ({ conversationId, seq }));
    });
    return { last, receipts: stored, tallies: await this.messages.findTallies(places) };
  }

  /** What one receipt moves. Those before it in the batch are counted in, so each tells of its own move only. */
  private move(
    receipt: Receipt,
    otherUserId: string,
    ground: Ground,
    isShown: boolean,
  ): { received: Received; change?: ReceiptChange } {
    const { conversationId, userId, kind, to } = receipt;
    const side = sideOf(userId, otherUserId);
    const receipts = ground.receipts.get(conversationId) ?? NO_RECEIPTS;
    const before = receipts[side];
    const tallyAt = (seq: number) => ground.tallies.get(`${conversationId}:${seq}`)?.[otherSide(side)] ?? 0;
    const counts = receipt.from === undefined || goesOn(receipt.from, before.delivered, tallyAt);
    const advance = {
      delivered: to,
      read: kind === 'read' ? to : 0,
      readTally: kind === 'read' ? tallyAt(to) : 0,
    };
    const last = ground.last.get(conversationId) as Placed;
    const lastVisible = headAfter(last).visible[side];
    const ends = { isReading: kind === 'read', lastVisible, end: last.seq };
    const shown = isShown ? shownOf(before, advance, ends) : undefined;
    const after = counts ? advanced(before, advance, shown) : before;
    ground.receipts.set(conversationId, withMarks(receipts, side, after));
    const unreadCount = last.tally[otherSide(side)] - after.readTally;
    const received = { otherUserId, before, after, unreadCount };
    return hasMoved(before, after)
      ? { received, change: { conversationId, side, advance, shown } }
      : { received };
  }
}

function accept({ receipt, reject }: Waiting, ground: Ground): boolean {
  const last = ground.last.get(receipt.conversationId);
  if (!last || (last.senderId !== receipt.userId && last.recipientId !== receipt.userId)) {
    reject(new ChatError('not_found'));
    return false;
  }
  const lastVisible = headAfter(last).visible[sideOf(receipt.userId, otherIn(last, receipt.userId))];
  if (receipt.to <= lastVisible) return true;
  reject(new ChatError('seq_out_of_range'));
  return false;
}

function otherOf({ conversationId, userId }: Receipt, ground: Ground): string {
  return otherIn(ground.last.get(conversationId) as Placed, userId);
}

function otherIn({ senderId, recipientId }: Placed, userId: string): string {
  return senderId === userId ? recipientId : senderId;
}

/** From where to where each person came in each conversation, whatever the number of steps. */
function endsOf(moves: { receipt: Receipt; received: Received }[]): [Receipt, Received][] {
  const ends = new Map<string, [Receipt, Received]>();
  for (const { receipt, received } of moves) {
    if (!hasMoved(received.before, received.after)) continue;
    const key = receipt.conversationId + receipt.userId;
    ends.set(key, [receipt, { ...received, before: ends.get(key)?.[1].before ?? received.before }]);
  }
  return [...ends.values()];
}

/** One write for each person and conversation: the farthest of each. */
function combined(changes: ReceiptChange[]): ReceiptChange[] {
  const byPerson = new Map<string, ReceiptChange>();
  for (const change of changes) {
    const key = `${change.conversationId}:${change.side}`;
    const known = byPerson.get(key);
    byPerson.set(key, known ? together(known, change) : change);
  }
  return [...byPerson.values()];
}

function together(one: ReceiptChange, other: ReceiptChange): ReceiptChange {
  return {
    ...other,
    advance: farthest(one.advance, other.advance),
    shown: one.shown && other.shown ? farthest(one.shown, other.shown) : (one.shown ?? other.shown),
  };
}

/** Field by field the larger number. */
function farthest<T extends object>(one: T, other: T): T {
  const fields = Object.keys(one) as (keyof T)[];
  return Object.fromEntries(
    fields.map((field) => [field, Math.max(one[field] as number, other[field] as number)]),
  ) as T;
}
