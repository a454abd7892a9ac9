import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { inBackground } from '../common/background.js';
import { type DomainEventMap, DomainEvents } from '../common/domain-events.js';
import { BlocksService } from '../conversations/blocks.service.js';
import { PresenceService } from '../presence/presence.service.js';
import { Realtime } from '../realtime/realtime.js';
import { asPresence } from './appearances.js';
import { FriendshipsRepository } from './friendships.repository.js';
import { PresenceLine } from './presence-line.js';

type Change = DomainEventMap['presence.changed'];

/** Most changes whose friends are read together. */
const MOST_TOGETHER = 200;

/**
 * Tells a person's friends who are online that they came or went, never across a block. Changes that come while
 * others are being told are gathered: many who come back at once cost a few reads.
 */
@Injectable()
export class PresenceFanOut implements OnModuleInit {
  private readonly logger = new Logger(PresenceFanOut.name);
  private waiting: Change[] = [];

  constructor(
    private readonly events: DomainEvents,
    private readonly friendships: FriendshipsRepository,
    private readonly presence: PresenceService,
    private readonly blocks: BlocksService,
    private readonly realtime: Realtime,
    private readonly line: PresenceLine,
  ) {}

  onModuleInit(): void {
    this.events.on('presence.changed', (change) => {
      this.waiting.push(change);
      if (this.waiting.length === 1) this.takeTurn();
    });
  }

  private takeTurn(): void {
    const told = this.line.run(() => this.tellWaiting());
    inBackground(this.logger, 'Telling friends who came or went', told);
  }

  private async tellWaiting(): Promise<void> {
    const changes = this.waiting.splice(0, MOST_TOGETHER);
    if (this.waiting.length > 0) this.takeTurn();
    const friends = await this.friendsOnline(changes);
    const pairs = [...friends].flatMap(([me, others]) =>
      others.flatMap((other) => [
        { me, other },
        { me: other, other: me },
      ]),
    );
    const blocks = await this.blocks.blocksAmong(pairs);
    // Asked last: what another node has told meanwhile must not be contradicted.
    for (const { userId, ...state } of await this.presence.confirm(changes)) {
      for (const friend of friends.get(userId) ?? []) {
        if (blocks.stand(userId, friend)) continue;
        this.realtime.tell(friend, 'userStatus', { userId, ...asPresence(state) });
      }
    }
  }

  private async friendsOnline(changes: Change[]): Promise<Map<string, string[]>> {
    const friends = new Map<string, string[]>(changes.map(({ userId }) => [userId, []]));
    for (const { me, other } of await this.friendships.findFriendsOf([...friends.keys()])) {
      friends.get(me)?.push(other);
    }
    const online = await this.presence.onlineAmong([...new Set([...friends.values()].flat())]);
    return new Map(
      [...friends].map(([userId, others]) => [userId, others.filter((other) => online.has(other))]),
    );
  }
}
