import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type ClientSession, type Model, type mongo, Types } from 'mongoose';
import { metadataIdOf, objectId } from '../database/ids.js';
import { AT_ONCE, DURABLE_READ, readOptions } from '../database/read-options.js';
import { isDuplicateKey } from '../common/errors/database-errors.js';
import type { Looks } from './appearance.js';
import type { Block, LastBlock, Pair } from './blocks.js';
import { MetadataRow } from './metadata.schema.js';
import { DEFAULTS, type Settings } from './settings.js';

/** What a change of `isBlocked` to true needs: when it happens, and what the two then see of each other. */
export interface NewBlock {
  at: Date;
  looks: Looks;
}

/**
 * `conversation_metadata` in MongoDB. It goes to the driver's collection, since Mongoose cannot cast pipeline
 * updates and the blocks are read for every send; every value put into a query here is an id.
 */
@Injectable()
export class MetadataRepository {
  constructor(@InjectModel(MetadataRow.name) private readonly model: Model<MetadataRow>) {}

  /** What `me` has set for `other`; the defaults where nothing was. */
  async find(me: string, other: string): Promise<Settings> {
    const row = await this.collection.findOne(key(me, other), DURABLE_READ);
    return row ? settingsOf(row) : DEFAULTS;
  }

  /** All that this person has set, by the id of the other. */
  async findAll(userId: string, session?: ClientSession): Promise<Map<string, Settings>> {
    const rows = await this.collection
      .find({ userId: objectId(userId) }, { projection: { looks: 0 }, ...AT_ONCE, ...readOptions(session) })
      .toArray();
    return new Map(rows.map((row) => [row.otherUserId.toHexString(), settingsOf(row)]));
  }

  /**
   * Changes some settings in one atomic step, so that changes of different fields at the same time both hold.
   *
   * @param block - kept only if the other was not blocked before
   * @returns the settings before and after this change
   */
  async change(
    me: string,
    other: string,
    changes: Partial<Settings>,
    block?: NewBlock,
  ): Promise<{ before: Settings; after: Settings }> {
    const row = await this.upsert(me, other, [{ $set: changed(other, changes, block) }]);
    const before = row ? settingsOf(row) : DEFAULTS;
    return { before, after: { ...before, ...changes } };
  }

  /** The blocks that stand among these pairs, each from `me` against `other`, in one read. */
  async findBlocks(pairs: Pair[], session?: ClientSession): Promise<Block[]> {
    if (pairs.length === 0) return [];
    const rows = await this.collection
      .find(
        {
          _id: { $in: pairs.map(({ me, other }) => objectId(metadataIdOf(me, other))) },
          userId: { $in: [...new Set(pairs.map(({ me }) => me))].map(objectId) },
          isBlocked: true,
        },
        {
          projection: { userId: 1, otherUserId: 1, looks: 1 },
          ...readOptions(session),
        },
      )
      .toArray();
    return rows.map(blockOf);
  }

  /** The last block that `me` put on `other`, whether it stands or was lifted. */
  async findLastBlock(me: string, other: string): Promise<LastBlock | undefined> {
    const row = await this.collection.findOne(key(me, other), {
      projection: { blockedAt: 1, looks: 1 },
      ...DURABLE_READ,
    });
    return row?.looks ? { blockedAt: row.blockedAt, looks: row.looks } : undefined;
  }

  /** Two first changes at the same time both want to insert; the one that comes second then updates. */
  private async upsert(me: string, other: string, pipeline: mongo.Document[]): Promise<MetadataRow | null> {
    const write = () =>
      this.collection.findOneAndUpdate(key(me, other), pipeline, { upsert: true, returnDocument: 'before' });
    try {
      return await write();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return write();
    }
  }

  private get collection(): mongo.Collection<MetadataRow> {
    return this.model.collection as unknown as mongo.Collection<MetadataRow>;
  }
}

function key(me: string, other: string): { _id: Types.ObjectId; userId: Types.ObjectId } {
  return { _id: objectId(metadataIdOf(me, other)), userId: objectId(me) };
}

/** The row after the change, told in terms of the row before it. */
function changed(other: string, changes: Partial<Settings>, block: NewBlock | undefined): mongo.Document {
  const settings = Object.entries(DEFAULTS).map(([name, preset]) => {
    const value = changes[name as keyof Settings];
    return [name, value === undefined ? orElse(name, preset) : { $literal: value }];
  });
  return {
    otherUserId: objectId(other),
    ...Object.fromEntries(settings),
    blockedAt: blockedAt(changes.isBlocked, block),
    looks: block ? ifBlocked('$looks', { $literal: block.looks }) : orElse('looks', null),
  };
}

function blockedAt(isBlocked: boolean | undefined, block: NewBlock | undefined): unknown {
  if (isBlocked === false) return null;
  return block ? ifBlocked('$blockedAt', block.at) : orElse('blockedAt', null);
}

function ifBlocked(then: unknown, otherwise: unknown): unknown {
  return { $cond: [{ $eq: ['$isBlocked', true] }, then, otherwise] };
}

function orElse(name: string, preset: unknown): unknown {
  return { $ifNull: [`$${name}`, preset] };
}

function settingsOf({ isPinned, isBlocked, customRingtone, isFavorite }: MetadataRow): Settings {
  return { isPinned, isBlocked, customRingtone, isFavorite };
}

function blockOf({ userId, otherUserId, looks }: MetadataRow): Block {
  if (!looks) throw new Error('A block without what it keeps of the two');
  return { blockerId: userId.toHexString(), blockedId: otherUserId.toHexString(), looks };
}
