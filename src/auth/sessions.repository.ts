import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import mongoose, { type ClientSession, type Model } from 'mongoose';
import { objectId } from '../database/ids.js';
import { DURABLE_READ } from '../database/read-options.js';
import type { Session } from './session.js';
import { SessionRow } from './session.schema.js';

/** Sees what this node's own writes left, and answers only when a majority has it. */
const LINEARIZABLE_READ = {
  readConcern: { level: 'linearizable' },
  readPreference: 'primary',
  // Without a majority it would wait for one for ever.
  maxTimeMS: 10_000,
} as const;

/** A session that is over: whose, and which. */
export type EndedSession = Pick<Session, '_id' | 'userId'>;

/** `sessions` in MongoDB. Alive is what is neither revoked nor past its end. */
@Injectable()
export class SessionsRepository {
  constructor(@InjectModel(SessionRow.name) private readonly model: Model<SessionRow>) {}

  async create(session: Session): Promise<void> {
    const { _id, userId, revokedAt: _, ...fields } = session;
    await this.model.create([{ ...fields, _id: objectId(_id), userId: objectId(userId) }]);
  }

  /** Whose session this is, if it is alive. */
  async findOwnerOfAlive(id: string): Promise<string | undefined> {
    const row = await this.model
      .findOne({ _id: id, ...alive() }, { userId: 1 }, DURABLE_READ)
      .lean<Pick<SessionRow, 'userId'> | null>();
    return row?.userId.toHexString();
  }

  /** A person's sessions that are alive, the one used last first. */
  async findAllAlive(userId: string): Promise<Session[]> {
    const rows = await this.model
      .find({ userId, ...alive() }, {}, DURABLE_READ)
      .sort({ lastUsedAt: -1, _id: -1 })
      .lean<SessionRow[]>();
    return rows.map(sessionOf);
  }

  /**
   * Moves the refresh counter of a living session from `counter` to the next number.
   *
   * @returns the session afterwards; `undefined` when it is not alive or its counter is another
   */
  async advanceRefresh(id: string, counter: number, at: Date, expiresAt: Date): Promise<Session | undefined> {
    const row = await this.model
      .findOneAndUpdate(
        { _id: id, refreshCounter: counter, ...alive() },
        { $set: { refreshCounter: counter + 1, rotatedAt: at, lastUsedAt: at, expiresAt } },
        { returnDocument: 'after' },
      )
      .lean<SessionRow | null>();
    return row ? sessionOf(row) : undefined;
  }

  /**
   * The session as the last write left it, if it is alive. Unlike a majority read it shows what a twin in flight
   * has just written, and waits until that is durable.
   */
  async findLatest(id: string): Promise<Session | undefined> {
    const row = await this.model
      .findOne({ _id: id, ...alive() }, {}, LINEARIZABLE_READ)
      .lean<SessionRow | null>();
    return row ? sessionOf(row) : undefined;
  }

  /** Ends one session of this person; whether it was alive. */
  async revoke(userId: string, id: string, at: Date): Promise<boolean> {
    const { modifiedCount } = await this.model.updateOne(
      { _id: id, userId, ...alive() },
      { $set: { revokedAt: at } },
    );
    return modifiedCount === 1;
  }

  /**
   * Ends all sessions of this person but one.
   *
   * @param session - of a transaction
   * @returns those that were alive
   */
  async revokeOthers(userId: string, exceptId: string, at: Date, session?: ClientSession): Promise<string[]> {
    const options = session ? { session } : {};
    const rows = await this.model
      .find({ userId, ...alive() }, { _id: 1 }, options)
      .lean<Pick<SessionRow, '_id'>[]>();
    const ids = rows.map(({ _id }) => _id.toHexString()).filter((id) => id !== exceptId);
    if (ids.length === 0) return [];
    await this.model.updateMany(
      { _id: mongoose.trusted({ $in: ids }), ...alive() },
      { $set: { revokedAt: at } },
      options,
    );
    return ids;
  }

  /** Sessions that were revoked after this moment, by the clocks of whoever revoked them. */
  async findRevokedSince(moment: Date): Promise<EndedSession[]> {
    const rows = await this.model
      .find({ revokedAt: mongoose.trusted({ $gt: moment }) }, { userId: 1 }, DURABLE_READ)
      .lean<Pick<SessionRow, '_id' | 'userId'>[]>();
    return rows.map(({ _id, userId }) => ({ _id: _id.toHexString(), userId: userId.toHexString() }));
  }

  /** Stores that these sessions are in use, where nobody did since `notSince`. */
  async recordUse(ids: string[], at: Date, notSince: Date): Promise<void> {
    await this.model.updateMany(
      { _id: mongoose.trusted({ $in: ids }), lastUsedAt: mongoose.trusted({ $lt: notSince }) },
      { $set: { lastUsedAt: at } },
    );
  }
}

function alive() {
  return {
    revokedAt: mongoose.trusted({ $exists: false }),
    expiresAt: mongoose.trusted({ $gt: new Date() }),
  };
}

function sessionOf({ _id, userId, revokedAt, ...fields }: SessionRow): Session {
  return { ...fields, _id: _id.toHexString(), userId: userId.toHexString(), revokedAt: revokedAt ?? null };
}
