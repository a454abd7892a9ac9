import { Injectable } from '@nestjs/common';
import type { ClientSession } from 'mongoose';
import { PresenceService } from '../presence/presence.service.js';
import { freeze, type Looks } from './appearance.js';
import { Blocks, type LastBlock, type Pair } from './blocks.js';
import { MetadataRepository } from './metadata.repository.js';

/** Who blocks whom, read from the primary as a majority has it: no cache, so a block counts from its answer on. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly metadata: MetadataRepository,
    private readonly presence: PresenceService,
  ) {}

  /** Whether the first blocks the second. */
  async isBlocked(blockerId: string, blockedId: string): Promise<boolean> {
    const blocks = await this.blocksAmong([{ me: blockerId, other: blockedId }]);
    return blocks.has(blockerId, blockedId);
  }

  /**
   * The blocks that `me` of each pair put on `other`, all in one read.
   *
   * @param session - of a transaction, on whose snapshot to read
   */
  async blocksAmong(pairs: Pair[], session?: ClientSession): Promise<Blocks> {
    return new Blocks(await this.metadata.findBlocks(pairs, session));
  }

  /** The blocks between `me` and each of the others, either way, all in one read. */
  between(me: string, others: string[], session?: ClientSession): Promise<Blocks> {
    const pairs = others.flatMap((other) => [
      { me, other },
      { me: other, other: me },
    ]);
    return this.blocksAmong(pairs, session);
  }

  /** The time by which looks freeze, the same on every node. */
  now(): Date {
    return this.presence.now();
  }

  /** What a block put at this moment would keep: how the two look to each other now. */
  async looksAt(blockerId: string, blockedId: string, at: Date): Promise<Looks> {
    const [presence, blocks] = await Promise.all([
      this.presence.of([blockerId, blockedId]),
      this.between(blockerId, [blockedId]),
    ]);
    const look = (subject: string, viewer: string) =>
      freeze(
        presence.get(subject) ?? { isOnline: false, lastSeen: null },
        blocks.looksOf(subject, viewer),
        at,
      );
    return { ofBlocker: look(blockerId, blockedId), ofBlocked: look(blockedId, blockerId) };
  }

  /** The last block of the first on the second, whether it stands or was lifted. */
  last(blockerId: string, blockedId: string): Promise<LastBlock | undefined> {
    return this.metadata.findLastBlock(blockerId, blockedId);
  }
}
