import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import type { Friend, FriendRequest, Person } from '../realtime/wire.js';
import { foldName } from '../users/fold.js';
import { UsersService } from '../users/users.service.js';
import { Appearances } from './appearances.js';
import type { Friendship } from './friendship.js';

/** Rows as people see them: entries of the friends list, and requests with the names of both. */
@Injectable()
export class FriendEntries {
  constructor(
    private readonly users: UsersService,
    private readonly appearances: Appearances,
  ) {}

  /** These friends as entries of the viewer's list, by name; their presence as it is now. */
  async friends(viewerId: string, friendIds: string[], session?: ClientSession): Promise<Friend[]> {
    const people = await this.users.people(friendIds, session);
    const looks = await this.appearances.ofFriends(viewerId, friendIds);
    const friends = [...people].flatMap(([id, person]) => {
      const presence = looks.get(id);
      return presence ? [{ ...person, ...presence }] : [];
    });
    return byName(friends);
  }

  /** One friend as an entry of the viewer's list. */
  async friend(viewerId: string, friendId: string): Promise<Friend> {
    const [friend] = await this.friends(viewerId, [friendId]);
    if (!friend) throw new Error('A friend without an account');
    return friend;
  }

  /** Open requests, in the same order. */
  async requests(rows: Friendship[], session?: ClientSession): Promise<FriendRequest[]> {
    const ids = new Set(rows.flatMap(({ userId, otherUserId }) => [userId, otherUserId]));
    const people = await this.users.people([...ids], session);
    return rows.flatMap((row) => requestOf(row, people) ?? []);
  }

  /** One open request. */
  async request(row: Friendship): Promise<FriendRequest> {
    const [request] = await this.requests([row]);
    if (!request) throw new Error('A request without its people');
    return request;
  }
}

function requestOf(row: Friendship, people: Map<string, Person>): FriendRequest | undefined {
  const [fromId, toId] =
    row.requesterId === row.userId ? [row.userId, row.otherUserId] : [row.otherUserId, row.userId];
  const from = people.get(fromId);
  const to = people.get(toId);
  if (!from || !to || !row.requestId || !row.requestedAt) return undefined;
  return { _id: row.requestId, from, to, note: row.note, createdAt: row.requestedAt.toISOString() };
}

function byName(friends: Friend[]): Friend[] {
  return friends
    .map((friend): [key: string, friend: Friend] => [foldName(friend.name), friend])
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x._id, y._id))
    .map(([, friend]) => friend);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
