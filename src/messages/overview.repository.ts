import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { ClientSession, Model, mongo } from 'mongoose';
import { objectId } from '../database/ids.js';
import { AT_ONCE, readOptions } from '../database/read-options.js';
import type { MessageRange } from '../realtime/catch-up-port.js';
import type { StoredMessage } from './message.js';
import { MessageRow } from './message.schema.js';
import { fromRow, type Row, visibleTo } from './messages.repository.js';
import type { Placed } from './numbering.js';

/** A number of a conversation. */
export interface MessagePlace {
  conversationId: string;
  seq: number;
}

/** The messages of many conversations at once, on one snapshot, each question one query however many they are. */
@Injectable()
export class OverviewRepository {
  constructor(@InjectModel(MessageRow.name) private readonly model: Model<MessageRow>) {}

  /** Where each conversation ends: its last message without what it says, by one walk along the index. */
  async findEnds(conversationIds: string[], session?: ClientSession): Promise<Map<string, Placed>> {
    if (conversationIds.length === 0) return new Map();
    const groups = await this.collection
      .aggregate<{ last: Row }>(
        [
          { $match: { conversationId: { $in: conversationIds.map(objectId) } } },
          // Both sorted alike and no further filter, or the plan is no DISTINCT_SCAN.
          { $sort: { conversationId: -1, seq: -1 } },
          { $group: { _id: '$conversationId', last: { $first: '$$ROOT' } } },
          { $project: { 'last.text': 0, 'last.attachment': 0 } },
        ],
        { ...AT_ONCE, ...readOptions(session) },
      )
      .toArray();
    return new Map(groups.map(({ last }) => [last.conversationId.toHexString(), fromRow(last)]));
  }

  /** The messages with these numbers, one at most for each conversation, by conversation. */
  async findAt(places: MessagePlace[], session: ClientSession): Promise<Map<string, StoredMessage>> {
    if (places.length === 0) return new Map();
    const rows = await this.collection
      .find(
        { $or: places.map(({ conversationId, seq }) => ({ conversationId: objectId(conversationId), seq })) },
        readOptions(session),
      )
      .toArray();
    return new Map(rows.map(fromRow).map((message) => [message.conversationId, message]));
  }

  /** What the viewer may see of these ranges: by conversation, oldest first. */
  async findRanges(
    viewerId: string,
    ranges: MessageRange[],
    session?: ClientSession,
  ): Promise<Map<string, StoredMessage[]>> {
    if (ranges.length === 0) return new Map();
    const within = ranges.map(({ conversationId, after, upTo }) => ({
      conversationId: objectId(conversationId),
      seq: { $gt: after, $lte: upTo },
    }));
    const rows = await this.collection
      .find({ $and: [{ $or: within }, visibleTo(viewerId)] }, { ...AT_ONCE, ...readOptions(session) })
      .toArray();
    const byConversation = new Map(
      ranges.map(({ conversationId }): [string, StoredMessage[]] => [conversationId, []]),
    );
    for (const row of rows) byConversation.get(row.conversationId.toHexString())?.push(fromRow(row));
    for (const messages of byConversation.values()) messages.sort((one, other) => one.seq - other.seq);
    return byConversation;
  }

  private get collection(): mongo.Collection<Row> {
    return this.model.collection as unknown as mongo.Collection<Row>;
  }
}
