import { Injectable } from '@nestjs/common';
import type { Pair } from '../conversations/blocks.js';
import type { Friend } from '../realtime/wire.js';
import { FriendEntries } from './friend-entries.js';
import { FriendshipChanges } from './friendship-changes.js';
import { FriendshipsRepository } from './friendships.repository.js';
import type { PairSet } from './pair-set.js';

/** A person's friends. */
@Injectable()
export class FriendsService {
  constructor(
    private readonly friendships: FriendshipsRepository,
    private readonly entries: FriendEntries,
    private readonly changes: FriendshipChanges,
  ) {}

  /** The friends of this person, by name, as they look to them. */
  async list(me: string): Promise<Friend[]> {
    return this.entries.friends(me, await this.friendships.findFriendIds(me));
  }

  /** @throws ChatError `not_found` if the two are not friends */
  async unfriend(me: string, other: string): Promise<void> {
    await this.changes.make(me, other, { kind: 'unfriend' });
  }

  /** Which of these pairs are friends: one read, from the primary, as a majority has it. */
  friendsAmong(pairs: Pair[]): Promise<PairSet> {
    return this.friendships.friendsAmong(pairs);
  }

  async areFriends(me: string, other: string): Promise<boolean> {
    const friends = await this.friendsAmong([{ me, other }]);
    return friends.has(me, other);
  }
}
