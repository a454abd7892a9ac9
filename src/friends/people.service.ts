import { Injectable } from '@nestjs/common';
import type { Person } from '../realtime/wire.js';
import { UsersRepository } from '../users/users.repository.js';
import { MOST_PEOPLE, type SearchPeople } from './dto/search-people.dto.js';
import type { FriendshipState } from './friendship.js';
import { FriendshipsRepository } from './friendships.repository.js';

export type Relationship = 'none' | 'friend' | 'incoming' | 'outgoing';

export interface FoundPerson extends Person {
  relationship: Relationship;
}

const RELATIONSHIP: Record<FriendshipState, Relationship> = {
  none: 'none',
  ended: 'none',
  friends: 'friend',
  incoming: 'incoming',
  outgoing: 'outgoing',
};

/** Finding people to ask for friendship. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly users: UsersRepository,
    private readonly friendships: FriendshipsRepository,
  ) {}

  /** Others whose e-mail address this is, then those whose name begins so. */
  async search(me: string, { query, limit = MOST_PEOPLE }: SearchPeople): Promise<FoundPerson[]> {
    const [byEmail, byName] = await Promise.all([
      this.users.findByEmail(query.trim()),
      this.users.findByNamePrefix(query, limit, me),
    ]);
    const found = new Map([...(byEmail ? [byEmail] : []), ...byName].map((person) => [person._id, person]));
    found.delete(me);
    const people = [...found.values()].slice(0, limit);
    const states = await this.friendships.findStates(
      me,
      people.map(({ _id }) => _id),
    );
    return people.map(({ _id, name, photoURL }) => {
      return { _id, name, photoURL, relationship: RELATIONSHIP[states.get(_id) ?? 'none'] };
    });
  }
}
