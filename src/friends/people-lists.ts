import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import type { People } from '../realtime/wire.js';
import { FriendEntries } from './friend-entries.js';
import { FriendshipsRepository } from './friendships.repository.js';
import { byDirection } from './requests.service.js';

/** A person's lists of people, all as they were at one moment: nobody is in two of them, or in none between two. */
@Injectable()
export class PeopleLists {
  constructor(
    private readonly friendships: FriendshipsRepository,
    private readonly entries: FriendEntries,
  ) {}

  /** @param session - on whose snapshot to read; presence is as it is now */
  async of(me: string, session: ClientSession): Promise<People> {
    const [friendIds, open] = await Promise.all([
      this.friendships.findFriendIds(me, session),
      this.friendships.findOpen(me, session),
    ]);
    const [friends, requests] = await Promise.all([
      this.entries.friends(me, friendIds, session),
      this.entries.requests(open, session),
    ]);
    return { friends, ...byDirection(me, requests) };
  }
}
