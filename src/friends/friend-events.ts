import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events.js';
import { BlocksService } from '../conversations/blocks.service.js';
import { Realtime } from '../realtime/realtime.js';
import { FriendEntries } from './friend-entries.js';
import type { Outcome } from './friend-machine.js';

type Change = Exclude<Outcome, { kind: 'refused' | 'unchanged' }>;

/**
 * Tells all devices of both what has changed between them, once it is stored. Someone who blocks the one who
 * acted is told nothing; their lists are right when fetched.
 */
@Injectable()
export class FriendEvents {
  constructor(
    private readonly entries: FriendEntries,
    private readonly blocks: BlocksService,
    private readonly realtime: Realtime,
    private readonly events: DomainEvents,
  ) {}

  /** @param me - who acted */
  async tell(me: string, other: string, change: Change): Promise<void> {
    if (change.kind === 'ended') this.events.emit('friendship.ended', { userId: me, otherUserId: other });
    const isUnheard = await this.blocks.isBlocked(other, me);
    const hearers = isUnheard ? [me] : [me, other];
    switch (change.kind) {
      case 'asked':
        return this.tellAsked(me, other, change, hearers);
      case 'befriended':
        return this.tellBefriended(me, other, hearers);
      case 'closed':
        return this.tellClosed(change.requestId, change.wasHidden ? [me] : hearers);
      case 'ended':
        for (const id of hearers) this.realtime.tell(id, 'friendRemoved', { userId: id === me ? other : me });
    }
  }

  private async tellAsked(
    me: string,
    other: string,
    { pair, replaced }: Extract<Change, { kind: 'asked' }>,
    hearers: string[],
  ): Promise<void> {
    const request = await this.entries.request(pair.mine);
    if (replaced)
      this.tellClosed(
        replaced,
        hearers.filter((id) => id === other),
      );
    const told = pair.mine.hidden ? [me] : hearers;
    for (const id of told) this.realtime.tell(id, 'friendRequest', request);
  }

  private async tellBefriended(me: string, other: string, hearers: string[]): Promise<void> {
    // Both are read whoever is told: how long it takes must not show a block.
    const [mine, theirs] = await Promise.all([
      this.entries.friend(me, other),
      this.entries.friend(other, me),
    ]);
    const tell = (id: string, friend: typeof mine) => {
      if (friend && hearers.includes(id)) this.realtime.tell(id, 'friendAccepted', friend);
    };
    tell(me, mine);
    tell(other, theirs);
  }

  private tellClosed(requestId: string, hearers: string[]): void {
    for (const id of hearers) this.realtime.tell(id, 'friendRequestClosed', { requestId });
  }
}
