import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import mongoose, { type ClientSession, type Model, Types } from 'mongoose';
import { newId } from '../database/ids.js';
import { DURABLE_READ, readOptions } from '../database/read-options.js';
import { isDuplicateKey } from '../common/errors/database-errors.js';
import { foldEmail, foldName } from './fold.js';
import type { Credentials, NewUser, ProfileChanges, User } from './user.js';
import { UserRow } from './user.schema.js';

/** Fields of a person that features may see; never the password hash. */
const SHOWN = { email: 1, name: 1, photoURL: 1, createdAt: 1 } as const;

/** Above every text that begins with what it is appended to, in MongoDB's order by code points. */
const LAST_CHARACTER = '\u{10FFFF}';

type ShownRow = Pick<UserRow, '_id' | keyof typeof SHOWN>;

/** `users` in MongoDB. */
@Injectable()
export class UsersRepository {
  constructor(@InjectModel(UserRow.name) private readonly model: Model<UserRow>) {}

  /** Stores a new person; `undefined` when the e-mail address belongs to somebody already. */
  async create({ email, name, photoURL, passwordHash }: NewUser): Promise<User | undefined> {
    const row = {
      _id: Types.ObjectId.createFromHexString(newId()),
      email: foldEmail(email),
      name,
      nameKey: foldName(name),
      photoURL,
      passwordHash,
      lastSeen: null,
      createdAt: new Date(),
    };
    try {
      await this.model.create([row]);
      return userOf(row);
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  }

  /** @param id - 24 hex digits */
  async findById(id: string): Promise<User | undefined> {
    const [user] = await this.findByIds([id]);
    return user;
  }

  /** Those of these people who exist, in no order. */
  async findByIds(ids: string[], session?: ClientSession): Promise<User[]> {
    if (ids.length === 0) return [];
    const rows = await this.model
      .find({ _id: mongoose.trusted({ $in: ids }) }, SHOWN, readOptions(session))
      .lean<ShownRow[]>();
    return rows.map(userOf);
  }

  /** @param email - in any case */
  async findByEmail(email: string): Promise<User | undefined> {
    const row = await this.model
      .findOne({ email: foldEmail(email) }, SHOWN, DURABLE_READ)
      .lean<ShownRow | null>();
    return row ? userOf(row) : undefined;
  }

  /**
   * People whose name begins like this, in the order of their folded names.
   *
   * @param prefix - in any case
   * @param limit - at most so many
   * @param exceptId - who is left out: the one who searches
   */
  async findByNamePrefix(prefix: string, limit: number, exceptId: string): Promise<User[]> {
    const from = foldName(prefix);
    // One more instead of a filter on the id, which would keep the index from giving the order and the limit.
    const rows = await this.model
      .find({ nameKey: mongoose.trusted({ $gte: from, $lt: from + LAST_CHARACTER }) }, SHOWN, DURABLE_READ)
      .sort({ nameKey: 1 })
      .limit(limit + 1)
      .lean<ShownRow[]>();
    return rows
      .map(userOf)
      .filter(({ _id }) => _id !== exceptId)
      .slice(0, limit);
  }

  async exists(id: string): Promise<boolean> {
    return (await this.model.findOne({ _id: id }, { _id: 1 }, DURABLE_READ).lean()) !== null;
  }

  /** Changes the given fields; `undefined` when there is no such person. */
  async changeProfile(id: string, { name, photoURL }: ProfileChanges): Promise<User | undefined> {
    const changes = {
      ...(name !== undefined && { name, nameKey: foldName(name) }),
      ...(photoURL !== undefined && { photoURL }),
    };
    if (Object.keys(changes).length === 0) return this.findById(id);
    const row = await this.model
      .findOneAndUpdate({ _id: id }, { $set: changes }, { projection: SHOWN, returnDocument: 'after' })
      .lean<ShownRow | null>();
    return row ? userOf(row) : undefined;
  }

  /** What a sign-in with this address, in any case, is checked against. */
  findCredentialsByEmail(email: string): Promise<Credentials | undefined> {
    return this.findCredentials({ email: foldEmail(email) });
  }

  findCredentialsById(id: string): Promise<Credentials | undefined> {
    return this.findCredentials({ _id: id });
  }

  /**
   * Puts a new hash in the place of the one it was decided upon.
   *
   * @param session - of a transaction
   * @returns whether that one was still in force
   */
  async replacePasswordHash(
    { userId, passwordHash }: Credentials,
    newHash: string,
    session: ClientSession,
  ): Promise<boolean> {
    const { matchedCount } = await this.model.updateOne(
      { _id: userId, passwordHash },
      { $set: { passwordHash: newHash } },
      { session },
    );
    return matchedCount === 1;
  }

  /** Stores that these people were online at this moment; never moves a stored moment back. */
  async recordSeen(ids: string | string[], at: Date): Promise<void> {
    const people = [ids].flat();
    if (people.length === 0) return;
    await this.model.updateMany({ _id: mongoose.trusted({ $in: people }) }, { $max: { lastSeen: at } });
  }

  /** When each of those of these people who exist was last online; `null` for never. */
  async lastSeenOf(ids: string[]): Promise<Map<string, Date | null>> {
    if (ids.length === 0) return new Map();
    const rows = await this.model
      .find({ _id: mongoose.trusted({ $in: ids }) }, { lastSeen: 1 }, DURABLE_READ)
      .lean<Pick<UserRow, '_id' | 'lastSeen'>[]>();
    return new Map(rows.map(({ _id, lastSeen }) => [_id.toHexString(), lastSeen]));
  }

  private async findCredentials(who: { email: string } | { _id: string }): Promise<Credentials | undefined> {
    const row = await this.model
      .findOne(who, { passwordHash: 1 }, DURABLE_READ)
      .lean<Pick<UserRow, '_id' | 'passwordHash'> | null>();
    return row ? { userId: row._id.toHexString(), passwordHash: row.passwordHash } : undefined;
  }
}

function userOf({ _id, email, name, photoURL, createdAt }: ShownRow): User {
  return { _id: _id.toHexString(), email, name, photoURL, createdAt };
}
