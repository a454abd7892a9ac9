import { Injectable } from '@nestjs/common';
import { appearance } from '../conversations/appearance.js';
import { BlocksService } from '../conversations/blocks.service.js';
import type { PresenceState } from '../presence/presence.js';
import { PresenceService } from '../presence/presence.service.js';
import type { Presence } from '../realtime/wire.js';
import { FriendshipsRepository } from './friendships.repository.js';

/** How someone looks of whose presence nothing is shown. */
const UNSEEN: PresenceState = { isOnline: false, lastSeen: null };

/**
 * The one answer to "how does X look to Y", for lists, answers and events alike: only friends see each other's
 * presence, and not past a block.
 */
@Injectable()
export class Appearances {
  constructor(
    private readonly friendships: FriendshipsRepository,
    private readonly blocks: BlocksService,
    private readonly presence: PresenceService,
  ) {}

  /** How each of these people looks to the viewer at this moment. */
  async of(viewerId: string, subjectIds: string[]): Promise<Map<string, Presence>> {
    const friends = await this.friendships.friendsAmong(subjectIds.map((other) => ({ me: viewerId, other })));
    const looks = await this.ofFriends(
      viewerId,
      subjectIds.filter((id) => friends.has(viewerId, id)),
    );
    return new Map(subjectIds.map((id) => [id, looks.get(id) ?? asPresence(UNSEEN)]));
  }

  /** The same for people known to be friends of the viewer. */
  async ofFriends(viewerId: string, friendIds: string[]): Promise<Map<string, Presence>> {
    const [blocks, presence] = await Promise.all([
      this.blocks.between(viewerId, friendIds),
      this.presence.of(friendIds),
    ]);
    const now = this.presence.now();
    return new Map(
      friendIds.map((id) => {
        const frozen = blocks.looksOf(id, viewerId);
        return [id, asPresence(appearance(presence.get(id) ?? UNSEEN, frozen, now, this.presence.graceMs))];
      }),
    );
  }
}

/** A presence as it goes over the wire. */
export function asPresence({ isOnline, lastSeen }: PresenceState): Presence {
  return { isOnline, lastSeen: lastSeen?.toISOString() ?? null };
}
