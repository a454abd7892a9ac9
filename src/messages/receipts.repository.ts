import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type ClientSession, type Model, mongo } from 'mongoose';
import { objectId } from '../database/ids.js';
import { AT_ONCE, readOptions } from '../database/read-options.js';
import { ReceiptRow } from './receipt.schema.js';
import { NO_RECEIPTS, type Advance, type Receipts, type Shown, type Watermarks } from './receipts.js';

/** A person's advance in one conversation. */
export interface ReceiptChange {
  conversationId: string;
  side: 0 | 1;
  advance: Advance;
  /** What the other is shown of it, where they may see it. */
  shown?: Shown | undefined;
}

const SIDES = ['lo', 'hi'] as const;
const NOTHING = NO_RECEIPTS[0];

/** The receipts in MongoDB. */
@Injectable()
export class ReceiptsRepository {
  constructor(@InjectModel(ReceiptRow.name) private readonly model: Model<ReceiptRow>) {}

  /** The receipts of these conversations; one without any is not in the map. */
  async find(conversationIds: string[], session?: ClientSession): Promise<Map<string, Receipts>> {
    const rows = await this.collection
      .find({ _id: { $in: conversationIds.map(objectId) } }, { ...AT_ONCE, ...readOptions(session) })
      .toArray();
    return new Map(rows.map((row) => [row._id.toHexString(), [marksOf(row.lo), marksOf(row.hi)]]));
  }

  /**
   * Moves watermarks forward, each conversation by one write, all durable on a majority. The maximum is taken in
   * the store, so that what another node wrote meanwhile is never taken back.
   */
  async advance(changes: ReceiptChange[]): Promise<void> {
    await this.collection.bulkWrite(
      changes.map((change) => ({
        updateOne: {
          filter: { _id: objectId(change.conversationId) },
          update: stagesOf(change),
          upsert: true,
        },
      })),
      { ordered: false, writeConcern: { w: 'majority', journal: true } },
    );
  }

  private get collection(): mongo.Collection<ReceiptRow> {
    return this.model.collection as unknown as mongo.Collection<ReceiptRow>;
  }
}

/** The second stage sees what the first has set: what is shown catches up with what is. */
function stagesOf({ side, advance, shown }: ReceiptChange): Record<string, unknown>[] {
  const at = (mark: keyof Watermarks) => `${SIDES[side]}.${mark}`;
  const max = (mark: keyof Watermarks, ...values: unknown[]) => ({ $max: [`$${at(mark)}`, ...values] });
  const own = {
    [at('delivered')]: max('delivered', advance.delivered, advance.read, `$${at('read')}`),
    [at('read')]: max('read', advance.read),
    [at('readTally')]: max('readTally', advance.readTally),
  };
  if (!shown) return [{ $set: own }];
  const told = {
    [at('shownDelivered')]: max('shownDelivered', shown.delivered, `$${at('delivered')}`),
    [at('shownRead')]: max('shownRead', shown.read, `$${at('read')}`),
  };
  return [{ $set: own }, { $set: told }];
}

function marksOf(row: Partial<Watermarks> | undefined): Watermarks {
  return { ...NOTHING, ...row };
}
