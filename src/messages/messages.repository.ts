import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type ClientSession, type Model, mongo, type Types } from 'mongoose';
import { isPassingCode } from '../common/errors/database-errors.js';
import { objectId } from '../database/ids.js';
import { DURABLE_READ, readOptions } from '../database/read-options.js';
import { type Draft, idempotencyKeyOf, type StoredMessage } from './message.js';
import { MessageRow } from './message.schema.js';

/** A row with its id. */
export type Row = MessageRow & { _id: Types.ObjectId };

/** What became of an ordered insert. */
export type InsertOutcome =
  | { kind: 'stored' }
  /** The first `landed` are stored; the next one was refused, and none behind it was tried. */
  | { kind: 'refused'; landed: number; isDuplicate: boolean; error: Error }
  /** Nobody knows which of them are stored. */
  | { kind: 'unknown'; error: unknown };

export interface PageQuery {
  conversationId: string;
  /** Whose view: messages hidden from this person are left out. */
  viewerId: string;
  /** Only numbers below. */
  before?: number | undefined;
  /** Only numbers above. */
  after?: number | undefined;
  limit: number;
  order: 'oldest first' | 'newest first';
}

/**
 * The messages in MongoDB. The message path goes to the driver's collection directly, since hydrating documents
 * costs a third of the throughput; every value put into a query here is a number, an id or a checked string.
 */
@Injectable()
export class MessagesRepository {
  constructor(@InjectModel(MessageRow.name) private readonly model: Model<MessageRow>) {}

  /** Stores the messages in this order, durable on a majority, up to the first that is refused. */
  async insert(messages: StoredMessage[]): Promise<InsertOutcome> {
    try {
      await this.collection.insertMany(messages.map(toRow), {
        ordered: true,
        writeConcern: { w: 'majority', journal: true },
      });
      return { kind: 'stored' };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  /** Those of the drafts that a majority has, as they are stored. */
  async findStored(drafts: Draft[]): Promise<StoredMessage[]> {
    const rows = await this.collection
      .find(
        {
          conversationId: { $in: drafts.map(({ conversationId }) => objectId(conversationId)) },
          _id: { $in: drafts.map(({ _id }) => objectId(_id)) },
        },
        DURABLE_READ,
      )
      .toArray();
    return rows.map(fromRow);
  }

  /** What is stored under the idempotency keys of the drafts, by that key. */
  async findTwins(drafts: Draft[]): Promise<Map<string, StoredMessage>> {
    const clauses = new Map<
      string,
      { conversationId: Types.ObjectId; senderId: Types.ObjectId; keys: string[] }
    >();
    for (const { conversationId, senderId, clientMessageId } of drafts) {
      if (clientMessageId === undefined) continue;
      const line = conversationId + senderId;
      const clause = clauses.get(line) ?? {
        conversationId: objectId(conversationId),
        senderId: objectId(senderId),
        keys: [],
      };
      clause.keys.push(clientMessageId);
      clauses.set(line, clause);
    }
    if (clauses.size === 0) return new Map();
    // The index is partial: only a query that names its type may use it.
    const filter = [...clauses.values()].map(({ keys, ...line }) => ({
      ...line,
      clientMessageId: { $in: keys, $type: 'string' as const },
    }));
    const rows = await this.collection.find({ $or: filter }, DURABLE_READ).toArray();
    return new Map(rows.map(fromRow).map((message) => [idempotencyKeyOf(message) as string, message]));
  }

  /** How many each of the two had written at these numbers, by `conversationId:seq`. */
  async findTallies(
    places: { conversationId: string; seq: number }[],
    session?: ClientSession,
  ): Promise<Map<string, [number, number]>> {
    if (places.length === 0) return new Map();
    const seqs = new Map<string, Set<number>>();
    for (const { conversationId, seq } of places) {
      seqs.set(conversationId, (seqs.get(conversationId) ?? new Set()).add(seq));
    }
    const rows = await this.collection
      .find(
        { $or: [...seqs].map(([id, some]) => ({ conversationId: objectId(id), seq: { $in: [...some] } })) },
        { ...readOptions(session), projection: { conversationId: 1, seq: 1, tally: 1 } },
      )
      .toArray();
    return new Map(
      rows.map(({ conversationId, seq, tally }) => [`${conversationId.toHexString()}:${seq}`, tally]),
    );
  }

  /** A page of what the viewer may see of a conversation. */
  async findPage(query: PageQuery, session?: ClientSession): Promise<StoredMessage[]> {
    const { before, after } = query;
    const seq = { ...(before !== undefined && { $lt: before }), ...(after !== undefined && { $gt: after }) };
    const rows = await this.collection
      .find(
        {
          conversationId: objectId(query.conversationId),
          ...(Object.keys(seq).length > 0 && { seq }),
          ...visibleTo(query.viewerId),
        },
        readOptions(session),
      )
      .sort({ seq: query.order === 'oldest first' ? 1 : -1 })
      .limit(query.limit)
      .toArray();
    return rows.map(fromRow);
  }

  private get collection(): mongo.Collection<Row> {
    return this.model.collection as unknown as mongo.Collection<Row>;
  }
}

/**
 * A prefix counts as stored only if nothing but the refusal of a message is reported: behind a failed write
 * concern nobody knows whether it lasts.
 */
function outcomeOf(error: unknown): InsertOutcome {
  if (!(error instanceof mongo.MongoBulkWriteError)) return { kind: 'unknown', error };
  const [refused] = [error.writeErrors].flat();
  if (!refused || isPassingCode(refused.code) || error.result.getWriteConcernError()) {
    return { kind: 'unknown', error };
  }
  return { kind: 'refused', landed: refused.index, isDuplicate: refused.code === 11_000, error };
}

/** The filter that leaves out what is hidden from this person. */
export function visibleTo(viewerId: string): mongo.Filter<Row> {
  return { $or: [{ hidden: { $exists: false } }, { senderId: objectId(viewerId) }] };
}

function toRow(message: StoredMessage): Row {
  const { attachment, clientMessageId, hidden, lastVisible } = message;
  const row: Row = {
    _id: objectId(message._id),
    conversationId: objectId(message.conversationId),
    senderId: objectId(message.senderId),
    recipientId: objectId(message.recipientId),
    seq: message.seq,
    tally: message.tally,
    text: message.text,
    createdAt: message.createdAt,
  };
  if (attachment) row.attachment = attachment;
  if (clientMessageId !== undefined) row.clientMessageId = clientMessageId;
  if (hidden) {
    row.hidden = hidden;
    row.lastVisible = lastVisible ?? 0;
  }
  return row;
}

/** A row as the rest of the service knows it. */
export function fromRow(row: Row): StoredMessage {
  return {
    ...row,
    _id: row._id.toHexString(),
    conversationId: row.conversationId.toHexString(),
    senderId: row.senderId.toHexString(),
    recipientId: row.recipientId.toHexString(),
  };
}
