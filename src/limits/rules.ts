/** How often something may be done. What is more is refused with `rate_limited` until the window is over. */
export interface Rule {
  /** How many are taken in a window. */
  points: number;
  /** Length of a window, which begins with the first of them, in seconds. */
  seconds: number;
  /** Whom it counts: an IPv4 address, an IPv6 network of 64 bits, a person on all devices, a session, an account. */
  per: 'address' | 'person' | 'session' | 'account' | 'account and address' | 'connection';
  /** All nodes count together, through Redis. Left out for what is frequent: each node counts for itself then. */
  isShared?: true;
  /** What is counted, in the operator's words. */
  what: string;
}

/**
 * Every rate limit: far above what a person does, or a client that catches up after days offline, and far below what
 * a machine that wants to do harm needs. SECURITY.md shows the same table.
 */
export const RULES = {
  wrong_passwords_here: {
    points: 10,
    seconds: 900,
    per: 'account and address',
    isShared: true,
    what: 'wrong passwords for one account from one address',
  },
  wrong_passwords_account: {
    points: 10,
    seconds: 900,
    per: 'account',
    isShared: true,
    what: 'wrong passwords for one account from anywhere; more are told by 429, and each address has 3 tries',
  },
  wrong_passwords_address: {
    points: 15,
    seconds: 300,
    per: 'address',
    isShared: true,
    what: 'wrong passwords for any account',
  },
  sign_ins: { points: 1000, seconds: 600, per: 'address', isShared: true, what: 'sign-ins' },
  sign_ups: { points: 1000, seconds: 600, per: 'address', isShared: true, what: 'sign-ups' },
  refreshes: { points: 1000, seconds: 600, per: 'address', what: 'exchanges of a refresh token' },
  password_changes: {
    points: 10,
    seconds: 600,
    per: 'session',
    isShared: true,
    what: 'tries to change the password',
  },
  searches: { points: 150, seconds: 600, per: 'person', isShared: true, what: 'searches for people' },
  friend_requests: { points: 60, seconds: 3600, per: 'person', isShared: true, what: 'friend requests' },
  sends: { points: 400, seconds: 60, per: 'person', what: 'messages, over HTTP and sockets together' },
  settings: { points: 600, seconds: 60, per: 'person', what: 'changes of what is set for a conversation' },
  syncs: { points: 600, seconds: 60, per: 'person', what: 'pages of a sync, over HTTP and sockets together' },
  calls: { points: 3000, seconds: 30, per: 'person', what: 'HTTP requests with an access token' },
  requests: {
    points: 9000,
    seconds: 30,
    per: 'address',
    what: 'HTTP requests of any kind, those of Socket.IO included; health and metrics are free',
  },
  events: {
    points: 1200,
    seconds: 10,
    per: 'person',
    what: 'socket events, unknown and malformed ones included, but for receipts',
  },
  receipts: { points: 1200, seconds: 10, per: 'person', what: '`messageDelivered` and `messageRead`' },
  refused_events: {
    points: 500,
    seconds: 10,
    per: 'connection',
    what: 'events refused by a limit, but for receipts; then the connection is closed',
  },
  connects: { points: 3000, seconds: 60, per: 'address', what: 'new socket connections' },
  connects_person: { points: 300, seconds: 60, per: 'person', what: 'new socket connections' },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** Those that all nodes count together. */
export type SharedRule = {
  [Name in RuleName]: (typeof RULES)[Name] extends { isShared: true } ? Name : never;
}[RuleName];

/** Those that each node counts for itself, without waiting for anything. */
export type LocalRule = Exclude<RuleName, SharedRule>;

/** Whether all nodes count it together. */
export function isShared(rule: RuleName): rule is SharedRule {
  return 'isShared' in RULES[rule];
}

/** How many sockets may be open at the same time, on one node. */
export const CAPS = {
  open_sockets: { points: 500, per: 'address', what: 'open socket connections' },
  open_sockets_person: { points: 50, per: 'person', what: 'open socket connections' },
} as const satisfies Record<string, Omit<Rule, 'seconds'>>;

export type CapName = keyof typeof CAPS;

/** What an address may try for an account that is over `wrong_passwords_account`. */
export const TRIES_UNDER_ATTACK = 3;

/** What each request spends beside `requests` and, with an access token, `calls`. */
export const RULE_OF_ROUTE: Record<string, RuleName> = {
  'POST /api/auth/register': 'sign_ups',
  'POST /api/auth/login': 'sign_ins',
  'POST /api/auth/refresh': 'refreshes',
  'PUT /api/auth/password': 'password_changes',
  'GET /api/users': 'searches',
  'POST /api/friends/requests': 'friend_requests',
  'PUT /api/conversations/:otherUserId/metadata': 'settings',
  'POST /api/messages/send': 'sends',
  'POST /api/sync': 'syncs',
};

/** What each event spends; any other spends `events`. */
export const RULES_OF_EVENT: ReadonlyMap<string, readonly LocalRule[]> = new Map([
  ['sendMessage', ['events', 'sends']],
  ['sync', ['events', 'syncs']],
  // A client that confirms each message by itself has much to say after a replay: it must not cost it its voice.
  ['messageDelivered', ['receipts']],
  ['messageRead', ['receipts']],
]);
