import type { FrozenLook, Looks } from './appearance.js';

/** Two people, seen from the first. */
export interface Pair {
  me: string;
  other: string;
}

/** A block that stands. */
export interface Block {
  blockerId: string;
  blockedId: string;
  looks: Looks;
}

/** The last block of one person on another. */
export interface LastBlock {
  /** `null` once it was lifted. */
  blockedAt: Date | null;
  looks: Looks;
}

/** The blocks that stand among the pairs they were read for. */
export class Blocks {
  private readonly byPair: Map<string, Block>;

  constructor(blocks: Block[]) {
    this.byPair = new Map(blocks.map((block) => [block.blockerId + block.blockedId, block]));
  }

  /** Whether the first blocks the second. */
  has(blockerId: string, blockedId: string): boolean {
    return this.byPair.has(blockerId + blockedId);
  }

  /** Whether either blocks the other. */
  stand(one: string, other: string): boolean {
    return this.has(one, other) || this.has(other, one);
  }

  /** What the blocks between the two keep of how the subject looks to the viewer; empty where none stands. */
  looksOf(subjectId: string, viewerId: string): FrozenLook[] {
    const own = this.byPair.get(subjectId + viewerId)?.looks.ofBlocker;
    const theirs = this.byPair.get(viewerId + subjectId)?.looks.ofBlocked;
    return [own, theirs].filter((look) => look !== undefined);
  }
}
