import type { Friendship, FriendshipPair } from './friendship.js';

/** Asking someone for friendship; `blocks` says which of the two blocks the other. */
export interface Ask {
  kind: 'ask';
  /** Of the request, should there be a new one. */
  requestId: string;
  note: string | null;
  at: Date;
  blocks: { mine: boolean; theirs: boolean };
}

interface Accept {
  kind: 'accept';
  requestId: string;
  at: Date;
}

/** What a person can do. Ids and times come with it, so that deciding again decides the same. */
export type Action =
  | Ask
  | Accept
  | { kind: 'decline'; requestId: string }
  | { kind: 'withdraw'; requestId: string }
  | { kind: 'unfriend' };

/** What came of it. All but `refused` and `unchanged` are stored and told. */
export type Outcome =
  | { kind: 'refused'; code: 'recipient_blocked' | 'already_friends' | 'not_found' }
  | { kind: 'unchanged'; pair: FriendshipPair }
  /** `replaced`: the other's own request, which did not count, made way for this one. */
  | { kind: 'asked'; pair: FriendshipPair; replaced: string | null }
  | { kind: 'befriended'; pair: FriendshipPair }
  /** Declined or taken back. */
  | { kind: 'closed'; pair: FriendshipPair; requestId: string; wasHidden: boolean }
  | { kind: 'ended'; pair: FriendshipPair };

/**
 * The rules of friendship, for one pair. Allowed are: nothing open on both sides; `outgoing` against `incoming`
 * with the same request; `friends` on both; and, asked behind a block, a hidden `outgoing` against whatever the
 * other had that is not open to both.
 */
export function decide(pair: FriendshipPair, action: Action): Outcome {
  switch (action.kind) {
    case 'ask':
      return ask(pair, action);
    case 'accept':
      return accept(pair, action);
    case 'decline':
      return close(pair, 'incoming', action.requestId);
    case 'withdraw':
      return close(pair, 'outgoing', action.requestId);
    case 'unfriend':
      return unfriend(pair);
  }
}

function ask(pair: FriendshipPair, action: Ask): Outcome {
  const { mine, theirs } = pair;
  if (action.blocks.mine) return { kind: 'refused', code: 'recipient_blocked' };
  if (mine.state === 'friends') return { kind: 'refused', code: 'already_friends' };
  if (mine.state === 'incoming') return befriend(pair, action.at);
  if (mine.state === 'outgoing') return { kind: 'unchanged', pair };

  const hidden = action.blocks.theirs;
  const request = {
    requestId: action.requestId,
    requesterId: mine.userId,
    note: action.note,
    requestedAt: action.at,
  };
  return {
    kind: 'asked',
    pair: {
      mine: { ...mine, ...request, state: 'outgoing', hidden },
      theirs: hidden ? theirs : { ...theirs, ...request, state: 'incoming', hidden: false },
    },
    replaced: !hidden && theirs.state === 'outgoing' ? theirs.requestId : null,
  };
}

function accept(pair: FriendshipPair, { requestId, at }: Accept): Outcome {
  const { mine } = pair;
  if (mine.requestId !== requestId || mine.requesterId === mine.userId) return gone();
  if (mine.state === 'friends') return { kind: 'unchanged', pair };
  return befriend(pair, at);
}

function close({ mine, theirs }: FriendshipPair, state: Friendship['state'], requestId: string): Outcome {
  if (mine.state !== state || mine.requestId !== requestId) return gone();
  const wasHidden = mine.hidden;
  return {
    kind: 'closed',
    pair: { mine: idle(mine), theirs: wasHidden ? theirs : idle(theirs) },
    requestId,
    wasHidden,
  };
}

function unfriend({ mine, theirs }: FriendshipPair): Outcome {
  if (mine.state !== 'friends') return gone();
  return { kind: 'ended', pair: { mine: idle(mine), theirs: idle(theirs) } };
}

function befriend({ mine, theirs }: FriendshipPair, since: Date): Outcome {
  const friends = { state: 'friends', note: null, since, hidden: false } as const;
  return { kind: 'befriended', pair: { mine: { ...mine, ...friends }, theirs: { ...theirs, ...friends } } };
}

/** Nothing open any more. */
function idle(row: Friendship): Friendship {
  return {
    ...row,
    state: row.since ? 'ended' : 'none',
    requestId: null,
    requesterId: null,
    note: null,
    requestedAt: null,
    hidden: false,
  };
}

function gone(): Outcome {
  return { kind: 'refused', code: 'not_found' };
}
