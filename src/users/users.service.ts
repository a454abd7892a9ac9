import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { ChatError } from '../common/errors/chat-error.js';
import type { Person } from '../realtime/wire.js';
import { type Account, accountOf, type ProfileChanges, type User } from './user.js';
import { UsersRepository } from './users.repository.js';

/** People: what they are called and what they look like. */
@Injectable()
export class UsersService {
  constructor(private readonly users: UsersRepository) {}

  /**
   * The person as they see themselves.
   *
   * @throws ChatError `not_found`
   */
  async me(id: string): Promise<Account> {
    return accountOf(required(await this.users.findById(id)));
  }

  /**
   * Changes what a person is called or looks like; what is left out keeps its value.
   *
   * @throws ChatError `not_found`
   */
  async update(id: string, changes: ProfileChanges): Promise<Account> {
    return accountOf(required(await this.users.changeProfile(id, changes)));
  }

  /**
   * These people as others see them, by id; who does not exist is missing.
   *
   * @param session - on whose snapshot to read
   */
  async people(ids: string[], session?: ClientSession): Promise<Map<string, Person>> {
    const users = await this.users.findByIds([...new Set(ids)], session);
    return new Map(users.map((user) => [user._id, personOf(user)]));
  }

  /** Whether somebody has this id. */
  exists(id: string): Promise<boolean> {
    return this.users.exists(id);
  }

  /** @throws ChatError `not_found` when nobody has this id */
  async requireExists(id: string): Promise<void> {
    if (!(await this.users.exists(id))) throw new ChatError('not_found');
  }
}

/** The person as others see them: never with the e-mail address. */
export function personOf({ _id, name, photoURL }: User): Person {
  return { _id, name, photoURL };
}

function required(user: User | undefined): User {
  if (!user) throw new ChatError('not_found');
  return user;
}
