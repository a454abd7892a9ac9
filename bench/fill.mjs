import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { conversationIdOf, newId } from '../dist/database/ids.js';
import { SessionRow, SessionSchema } from '../dist/auth/session.schema.js';
import { SessionsRepository } from '../dist/auth/sessions.repository.js';
import { stranger } from '../dist/friends/friendship.js';
import { FriendshipRow, FriendshipSchema } from '../dist/friends/friendship.schema.js';
import { FriendshipsRepository } from '../dist/friends/friendships.repository.js';
import { MessageRow, MessageSchema } from '../dist/messages/message.schema.js';
import { MessagesRepository } from '../dist/messages/messages.repository.js';
import { headAfter, placeBehind } from '../dist/messages/numbering.js';
import { ReceiptRow, ReceiptSchema } from '../dist/messages/receipt.schema.js';
import { sideOf } from '../dist/messages/receipts.js';
import { ReceiptsRepository } from '../dist/messages/receipts.repository.js';
import { UserRow, UserSchema } from '../dist/users/user.schema.js';
import { UsersRepository } from '../dist/users/users.repository.js';

/** Messages of one insert. */
const BATCH = 10_000;

/** Writes of people under way at once. */
const AT_ONCE = 20;

const WORDS = (
  'the a of and to in I you it that is was for on are with as be at have from or this not but what all were when ' +
  'we there can said which do how if will up about out then them she many some so these would other into has more ' +
  'her two like him see time could no make than first been its who now people my made over did down only way find ' +
  'tomorrow station dinner train garden window brother evening ticket weather yesterday coffee nothing question'
).split(' ');

/**
 * Fills a database as the service itself would have: by its own repositories, so that no row can have another shape.
 * The service must have been started on it before, so that the indexes are there.
 */
export class Filling {
  static async of(uri) {
    mongoose.set('sanitizeFilter', true);
    const connection = await mongoose
      .createConnection(uri, { writeConcern: { w: 'majority', journal: true }, autoIndex: false })
      .asPromise();
    return new Filling(connection);
  }

  constructor(connection) {
    this.connection = connection;
    const model = (row, schema) => connection.model(row.name, schema);
    this.users = new UsersRepository(model(UserRow, UserSchema));
    this.friendships = new FriendshipsRepository(model(FriendshipRow, FriendshipSchema));
    this.messages = new MessagesRepository(model(MessageRow, MessageSchema));
    this.sessions = new SessionsRepository(model(SessionRow, SessionSchema));
    this.receipts = new ReceiptsRepository(model(ReceiptRow, ReceiptSchema));
  }

  /** So many people who are friends of this person. @returns their ids */
  async friendsOf(userId, count) {
    return severalAtOnce(count, () => this.#friendOf(userId));
  }

  /** So many people who know nobody, each with a session. @returns `{ userId, sessionId }` of each */
  async strangers(count) {
    return severalAtOnce(count, async () => {
      const userId = await this.#someone('Stranger');
      const [sessionId, now] = [newId(), new Date()];
      const times = { createdAt: now, lastUsedAt: now, expiresAt: new Date(now.getTime() + 86_400_000) };
      const session = {
        _id: sessionId,
        userId,
        refreshCounter: 0,
        rotatedAt: null,
        userAgent: null,
        ip: null,
      };
      await this.sessions.create({ ...session, ...times });
      return { userId, sessionId };
    });
  }

  /**
   * Messages between this person and the others, spread evenly, the conversations in turns as they would be in life.
   *
   * @param senders - who writes: `both` in turns, or the `others` alone
   */
  async talk(userId, others, count, senders) {
    const last = new Map();
    const batch = [];
    for (let index = 0; index < count; index += 1) {
      const other = others[index % others.length];
      const isOthers = senders === 'others' || !isOwn(Math.floor(index / others.length) + 1);
      const [senderId, recipientId] = isOthers ? [other, userId] : [userId, other];
      const draft = { _id: newId(), conversationId: conversationIdOf(userId, other), senderId, recipientId };
      const said = { ...draft, text: someText(), clientMessageId: randomUUID() };
      last.set(other, placeBehind(headAfter(last.get(other)), said, false));
      batch.push(last.get(other));
      if (batch.length === BATCH) await this.#store(batch.splice(0));
    }
    if (batch.length > 0) await this.#store(batch);
    return last;
  }

  /** One more message of the other in so many of these conversations. @returns how many that were */
  async goesOn(userId, lastMessages, count) {
    const next = [...lastMessages].slice(0, count).map(([other, last]) => {
      const { conversationId } = last;
      const said = { _id: newId(), conversationId, senderId: other, recipientId: userId, text: someText() };
      return placeBehind(headAfter(last), { ...said, clientMessageId: randomUUID() }, false);
    });
    await this.#store(next);
    return next.length;
  }

  /**
   * The person has received all of these conversations, in which both write, and read all but the end.
   *
   * @param allBut - messages at the end of each
   */
  async read(userId, lastMessages, allBut) {
    const changes = [...lastMessages].map(([other, { conversationId, seq }]) => {
      const read = Math.max(0, seq - allBut);
      const advance = { delivered: seq, read, readTally: writtenByOther(read) };
      const shown = { delivered: seq, read };
      return { conversationId, side: sideOf(userId, other), advance, shown };
    });
    await this.receipts.advance(changes);
  }

  /** What a message takes on disk, in bytes: its row, compressed and not, and its entries in the indexes. */
  async sizes() {
    const [{ storageStats }] = await this.connection
      .collection('messages')
      .aggregate([{ $collStats: { storageStats: {} } }])
      .toArray();
    const { count, size, storageSize, totalIndexSize } = storageStats;
    return { row: size / count, stored: storageSize / count, indexes: totalIndexSize / count };
  }

  close() {
    return this.connection.close();
  }

  async #friendOf(userId) {
    const _id = await this.#someone('Friend');
    const since = new Date();
    const friends = (me, other) => ({ ...stranger(me, other), state: 'friends', since });
    await this.friendships.savePair({ mine: friends(userId, _id), theirs: friends(_id, userId) });
    return _id;
  }

  async #someone(name) {
    const email = `${randomUUID()}@example.org`;
    const { _id } = await this.users.create({ email, name, photoURL: null, passwordHash: 'none' });
    return _id;
  }

  async #store(messages) {
    const { kind, error } = await this.messages.insert(messages);
    if (kind !== 'stored') throw new Error(`Not filled: ${kind}`, { cause: error });
  }
}

async function severalAtOnce(count, make) {
  const made = [];
  for (let done = 0; done < count; done += AT_ONCE) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, make))));
  }
  return made;
}

/** Where both write, a third of the messages are the person's own. */
const isOwn = (seq) => seq % 3 === 1;

/** How many of the messages up to this number are not. */
const writtenByOther = (seq) => seq - Math.ceil(seq / 3);

/** As long as people write: 5 to 30 words. */
function someText() {
  const length = 5 + Math.floor(Math.random() * 26);
  return Array.from({ length }, () => WORDS[Math.floor(Math.random() * WORDS.length)]).join(' ');
}
