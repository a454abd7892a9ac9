import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type ClientSession, type Model, type mongo } from 'mongoose';
import mongoose from 'mongoose';
import type { Pair } from '../conversations/blocks.js';
import { friendshipIdOf, objectId } from '../database/ids.js';
import { AT_ONCE, DURABLE_READ, readOptions } from '../database/read-options.js';
import { type Friendship, type FriendshipPair, type FriendshipState, stranger } from './friendship.js';
import { FriendshipRow } from './friendship.schema.js';
import { PairSet } from './pair-set.js';

/** `friendships` in MongoDB. */
@Injectable()
export class FriendshipsRepository {
  constructor(@InjectModel(FriendshipRow.name) private readonly model: Model<FriendshipRow>) {}

  /** Both rows, on the snapshot of the transaction; those of strangers where there are none. */
  async findPair(me: string, other: string, session: ClientSession): Promise<FriendshipPair> {
    const rows = await this.model
      .find(
        rowsOf([
          { me, other },
          { me: other, other: me },
        ]),
        null,
        { session },
      )
      .lean();
    const friendships = rows.map(fromRow);
    return {
      mine: friendships.find(({ userId }) => userId === me) ?? stranger(me, other),
      theirs: friendships.find(({ userId }) => userId === other) ?? stranger(other, me),
    };
  }

  /**
   * Stores both rows, the one that did not change too: so two changes of one pair at the same time always
   * conflict, whatever each of them touches.
   */
  async savePair({ mine, theirs }: FriendshipPair, session: ClientSession): Promise<void> {
    await this.model.bulkWrite(
      [mine, theirs].map(({ userId, otherUserId, ...fields }) => ({
        updateOne: {
          filter: { _id: friendshipIdOf(userId, otherUserId), userId },
          update: { $set: { otherUserId, ...fields } },
          upsert: true,
        },
      })),
      { session },
    );
  }

  /** The row in which this person has, or by which they became friends through, this request. */
  async findByRequest(userId: string, requestId: string): Promise<Friendship | undefined> {
    const row = await this.model.findOne({ userId, requestId }, null, DURABLE_READ).lean();
    return row ? fromRow(row) : undefined;
  }

  /** The requests a person has open, either way, newest first. */
  async findOpen(userId: string, session?: ClientSession): Promise<Friendship[]> {
    const open: FriendshipState[] = ['incoming', 'outgoing'];
    const rows = await this.model
      .find({ userId, state: mongoose.trusted({ $in: open }) }, null, readOptions(session))
      .sort({ requestedAt: -1, _id: 1 })
      .lean();
    return rows.map(fromRow);
  }

  /** Everybody this person ever had to do with, in no order. */
  async findOthers(userId: string, session?: ClientSession): Promise<string[]> {
    const rows = await this.collection
      .find(
        { userId: objectId(userId) },
        { projection: { otherUserId: 1 }, ...AT_ONCE, ...readOptions(session) },
      )
      .toArray();
    return rows.map(({ otherUserId }) => otherUserId.toHexString());
  }

  /** The friends of a person, in no order. */
  async findFriendIds(userId: string, session?: ClientSession): Promise<string[]> {
    const friends = await this.findFriendsOf([userId], session);
    return friends.map(({ other }) => other);
  }

  /** The friends of all these people, each pair seen from the person asked for. */
  async findFriendsOf(userIds: string[], session?: ClientSession): Promise<Pair[]> {
    const rows = await this.model
      .find(
        { userId: mongoose.trusted({ $in: userIds }), state: 'friends' },
        { userId: 1, otherUserId: 1 },
        readOptions(session),
      )
      .lean();
    return rows.map(pairOf);
  }

  /** What each of the others is to this person; those they never had to do with are left out. */
  async findStates(me: string, others: string[]): Promise<Map<string, FriendshipState>> {
    if (others.length === 0) return new Map();
    const rows = await this.model
      .find(rowsOf(others.map((other) => ({ me, other }))), { otherUserId: 1, state: 1 }, DURABLE_READ)
      .lean();
    return new Map(rows.map(({ otherUserId, state }) => [otherUserId.toHexString(), state]));
  }

  /**
   * Which of these pairs are friends, in one read. On the message path, so past Mongoose's casting; every value
   * is an id.
   */
  async friendsAmong(pairs: Pair[]): Promise<PairSet> {
    if (pairs.length === 0) return new PairSet([]);
    const rows = await this.collection
      .find(
        {
          _id: { $in: pairs.map(({ me, other }) => objectId(friendshipIdOf(me, other))) },
          userId: { $in: [...new Set(pairs.map(({ me }) => me))].map(objectId) },
          state: 'friends',
        },
        { projection: { userId: 1, otherUserId: 1 }, ...DURABLE_READ },
      )
      .toArray();
    return new PairSet(rows.map(pairOf));
  }

  private get collection(): mongo.Collection<FriendshipRow> {
    return this.model.collection as unknown as mongo.Collection<FriendshipRow>;
  }
}

function rowsOf(pairs: Pair[]): object {
  return {
    _id: mongoose.trusted({ $in: pairs.map(({ me, other }) => friendshipIdOf(me, other)) }),
    userId: mongoose.trusted({ $in: [...new Set(pairs.map(({ me }) => me))] }),
  };
}

function pairOf({ userId, otherUserId }: Pick<FriendshipRow, 'userId' | 'otherUserId'>): Pair {
  return { me: userId.toHexString(), other: otherUserId.toHexString() };
}

function fromRow(row: FriendshipRow): Friendship {
  return {
    userId: row.userId.toHexString(),
    otherUserId: row.otherUserId.toHexString(),
    state: row.state,
    requestId: row.requestId?.toHexString() ?? null,
    requesterId: row.requesterId?.toHexString() ?? null,
    note: row.note,
    requestedAt: row.requestedAt,
    since: row.since,
    hidden: row.hidden,
  };
}
