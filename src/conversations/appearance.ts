import type { PresenceState } from '../presence/presence.js';

/** How somebody looked to another person when a block was put between the two. */
export interface FrozenLook {
  /** When it froze: the moment of the first of the blocks that keep it. */
  at: Date;
  wasOnline: boolean;
  lastSeen: Date | null;
}

/** What the two of a block see of each other while it stands. */
export interface Looks {
  /** How the one who blocks looks to the blocked one. */
  ofBlocker: FrozenLook;
  /** How the blocked one looks to the one who blocks. */
  ofBlocked: FrozenLook;
}

/**
 * How somebody looks to another person: as they are, or, while either blocks the other, as they looked at the
 * block. Whoever was online then goes offline like anyone, after the grace, last seen at that moment.
 *
 * @param presence - as it truly is
 * @param frozen - what the blocks in force between the two keep of this person, in any order
 * @param graceMs - in milliseconds
 */
export function appearance(
  presence: PresenceState,
  frozen: FrozenLook[],
  now: Date,
  graceMs: number,
): PresenceState {
  const first = earliest(frozen);
  return first ? frozenAppearance(first, now, graceMs) : presence;
}

/**
 * What is to be seen of a frozen look at this moment. A look that seems to be of the future was frozen before the
 * clock was set back, unless it is by the bit that the clocks of nodes differ.
 */
export function frozenAppearance(look: FrozenLook, now: Date, graceMs: number): PresenceState {
  if (!look.wasOnline) return { isOnline: false, lastSeen: look.lastSeen };
  return Math.abs(now.getTime() - look.at.getTime()) < graceMs
    ? { isOnline: true, lastSeen: look.lastSeen }
    : { isOnline: false, lastSeen: look.at };
}

/**
 * The look that a new block keeps. Where another block already keeps one, the new one keeps the same, so that
 * nothing shows when one of two mutual blocks is lifted.
 */
export function freeze(presence: PresenceState, frozen: FrozenLook[], at: Date): FrozenLook {
  return earliest(frozen) ?? { at, wasOnline: presence.isOnline, lastSeen: presence.lastSeen };
}

/** The look that decides where several are kept. */
export function earliest(looks: FrozenLook[]): FrozenLook | undefined {
  return looks.reduce<FrozenLook | undefined>(
    (first, look) => (first && first.at <= look.at ? first : look),
    undefined,
  );
}
