import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { inBackground } from '../common/background.js';
import { DomainEvents } from '../common/domain-events.js';
import { earliest, type FrozenLook, frozenAppearance, type Looks } from '../conversations/appearance.js';
import { BlocksService } from '../conversations/blocks.service.js';
import type { PresenceState } from '../presence/presence.js';
import { PresenceService } from '../presence/presence.service.js';
import { Realtime } from '../realtime/realtime.js';
import { asPresence } from './appearances.js';
import { FriendsService } from './friends.service.js';
import { PresenceLine } from './presence-line.js';

/** One direction of a pair: how the subject looks to the viewer. */
interface View {
  subject: string;
  viewer: string;
  look: FrozenLook;
}

/**
 * Tells the two of a block what they see of each other from then on: after the grace that the other went
 * offline, and after unblocking how the other truly is. Told only to friends, and only what they did not see
 * already.
 */
@Injectable()
export class BlockFanOut implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(BlockFanOut.name);
  /** The views that go offline soon, by who looks so to whom since when. */
  private readonly ending = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly events: DomainEvents,
    private readonly friends: FriendsService,
    private readonly presence: PresenceService,
    private readonly blocks: BlocksService,
    private readonly realtime: Realtime,
    private readonly line: PresenceLine,
  ) {}

  onModuleInit(): void {
    this.events.on('block.changed', ({ blockerId, blockedId, isBlocked }) => {
      const work = isBlocked ? this.onBlock(blockerId, blockedId) : this.onUnblock(blockerId, blockedId);
      inBackground(this.logger, 'Telling what a block changed', work);
    });
  }

  onModuleDestroy(): void {
    for (const timer of this.ending.values()) clearTimeout(timer);
  }

  private async onBlock(blockerId: string, blockedId: string): Promise<void> {
    const block = await this.blocks.last(blockerId, blockedId);
    if (!block) return;
    for (const view of viewsOf(blockerId, blockedId, block.looks)) {
      // A look taken over from the other's block goes offline with that one.
      const isOwn = view.look.at.getTime() === block.blockedAt?.getTime();
      if (isOwn && view.look.wasOnline) this.afterGrace(view);
    }
  }

  private afterGrace(view: View): void {
    const { subject, viewer, look } = view;
    const key = `${subject} ${viewer} ${look.at.getTime()}`;
    // Two who block each other within the same millisecond freeze the same look twice.
    if (this.ending.has(key)) return;
    const { graceMs } = this.presence;
    const left = Math.min(graceMs, look.at.getTime() + graceMs - this.presence.now().getTime());
    const timer = setTimeout(() => {
      this.ending.delete(key);
      const told = this.line.run(() => this.tellOffline(view));
      inBackground(this.logger, 'Telling that someone looks offline', told);
    }, left);
    this.ending.set(key, timer.unref());
  }

  /** Only if the look is still the one that holds: the block may be lifted, or another one stand. */
  private async tellOffline({ subject, viewer, look }: View): Promise<void> {
    const [blocks, areFriends] = await Promise.all([
      this.blocks.between(subject, [viewer]),
      this.friends.areFriends(viewer, subject),
    ]);
    const holds = earliest(blocks.looksOf(subject, viewer))?.at.getTime() === look.at.getTime();
    if (holds && areFriends) this.tell(subject, viewer, { isOnline: false, lastSeen: look.at });
  }

  private async onUnblock(blockerId: string, blockedId: string): Promise<void> {
    const liftedAt = this.presence.now();
    const block = await this.blocks.last(blockerId, blockedId);
    if (!block) return;
    const views = viewsOf(blockerId, blockedId, block.looks);
    await this.line.run(() => this.tellTruth(blockerId, blockedId, views, liftedAt));
  }

  private async tellTruth(one: string, other: string, views: View[], liftedAt: Date): Promise<void> {
    const [blocks, areFriends] = await Promise.all([
      this.blocks.between(one, [other]),
      this.friends.areFriends(one, other),
    ]);
    if (blocks.stand(one, other) || !areFriends) return;
    const presence = await this.presence.of([one, other]);
    for (const { subject, viewer, look } of views) {
      const truth = presence.get(subject);
      const shown = frozenAppearance(look, liftedAt, this.presence.graceMs);
      if (truth && !isSame(truth, shown)) this.tell(subject, viewer, truth);
    }
  }

  private tell(subject: string, viewer: string, state: PresenceState): void {
    this.realtime.tell(viewer, 'userStatus', { userId: subject, ...asPresence(state) });
  }
}

function viewsOf(blockerId: string, blockedId: string, looks: Looks): View[] {
  return [
    { subject: blockerId, viewer: blockedId, look: looks.ofBlocker },
    { subject: blockedId, viewer: blockerId, look: looks.ofBlocked },
  ];
}

function isSame(one: PresenceState, other: PresenceState): boolean {
  return one.isOnline === other.isOnline && one.lastSeen?.getTime() === other.lastSeen?.getTime();
}
