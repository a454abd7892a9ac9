/**
 * What two people are to each other, as one of them sees it. `ended`: they were friends once and nothing is open
 * between them; `none`: nothing is open and they never were.
 */
export type FriendshipState = 'none' | 'outgoing' | 'incoming' | 'friends' | 'ended';

/** One of the two rows of a pair. */
export interface Friendship {
  userId: string;
  otherUserId: string;
  state: FriendshipState;
  /** The open request, or the one that made them friends. */
  requestId: string | null;
  /** Who asked. */
  requesterId: string | null;
  note: string | null;
  requestedAt: Date | null;
  /** When they last became friends; `null` if they never were. */
  since: Date | null;
  /** With `outgoing`: asked behind a block, so the other's row knows nothing of it. */
  hidden: boolean;
}

/** Both rows of a pair: that of the person who acts, and the other's. */
export interface FriendshipPair {
  mine: Friendship;
  theirs: Friendship;
}

/** The row of someone to a person they never had anything to do with. */
export function stranger(userId: string, otherUserId: string): Friendship {
  return {
    userId,
    otherUserId,
    state: 'none',
    requestId: null,
    requesterId: null,
    note: null,
    requestedAt: null,
    since: null,
    hidden: false,
  };
}
