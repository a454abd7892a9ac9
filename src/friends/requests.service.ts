import { Injectable } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import { newId } from '../database/ids.js';
import type { Friend, FriendRequest } from '../realtime/wire.js';
import { UsersService } from '../users/users.service.js';
import type { AskFriendship } from './dto/ask-friendship.dto.js';
import { FriendEntries } from './friend-entries.js';
import { FriendshipChanges } from './friendship-changes.js';
import { FriendshipsRepository } from './friendships.repository.js';

/** What asking led to: a request, new or the one that was open already, or a friend, since the other had asked. */
export type Asked = { request: FriendRequest; isNew: boolean } | { friend: Friend };

/** Requests for friendship: asked, seen, answered, taken back. */
@Injectable()
export class RequestsService {
  constructor(
    private readonly users: UsersService,
    private readonly friendships: FriendshipsRepository,
    private readonly changes: FriendshipChanges,
    private readonly entries: FriendEntries,
  ) {}

  /** @throws ChatError `to_oneself`, `not_found`, `recipient_blocked`, `already_friends` */
  async ask(me: string, { userId: other, note }: AskFriendship): Promise<Asked> {
    if (me === other) throw new ChatError('to_oneself');
    await this.users.requireExists(other);
    const ask = { kind: 'ask', requestId: newId(), note: note ?? null, at: new Date() } as const;
    const done = await this.changes.make(me, other, ask);
    if (done.kind === 'befriended') return { friend: await this.entries.friend(me, other) };
    return { request: await this.entries.request(done.pair.mine), isNew: done.kind === 'asked' };
  }

  /** What is open for this person, newest first. */
  async list(me: string): Promise<{ incoming: FriendRequest[]; outgoing: FriendRequest[] }> {
    return byDirection(me, await this.entries.requests(await this.friendships.findOpen(me)));
  }

  /**
   * Makes the two friends; again it changes nothing.
   *
   * @throws ChatError `not_found` if this person was not asked, or the request is gone
   */
  async accept(me: string, requestId: string): Promise<Friend> {
    const other = await this.otherOf(me, requestId);
    await this.changes.make(me, other, { kind: 'accept', requestId, at: new Date() });
    return this.entries.friend(me, other);
  }

  /** @throws ChatError `not_found` if this person was not asked, or the request is gone */
  async decline(me: string, requestId: string): Promise<void> {
    await this.changes.make(me, await this.otherOf(me, requestId), { kind: 'decline', requestId });
  }

  /** @throws ChatError `not_found` if this person did not ask, or the request is gone */
  async withdraw(me: string, requestId: string): Promise<void> {
    await this.changes.make(me, await this.otherOf(me, requestId), { kind: 'withdraw', requestId });
  }

  private async otherOf(me: string, requestId: string): Promise<string> {
    const friendship = await this.friendships.findByRequest(me, requestId);
    if (!friendship) throw new ChatError('not_found');
    return friendship.otherUserId;
  }
}

/** These requests apart: those that this person was asked, and those they asked. */
export function byDirection(
  me: string,
  requests: FriendRequest[],
): { incoming: FriendRequest[]; outgoing: FriendRequest[] } {
  return {
    incoming: requests.filter(({ to }) => to._id === me),
    outgoing: requests.filter(({ from }) => from._id === me),
  };
}
