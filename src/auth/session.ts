/** A signed-in device. */
export interface Session {
  /** `sid` of its access tokens. */
  _id: string;
  userId: string;
  /** The number of its newest refresh token; the first one is 0. */
  refreshCounter: number;
  /** When that one was issued in exchange for its predecessor; `null` for the first. */
  rotatedAt: Date | null;
  userAgent: string | null;
  ip: string | null;
  createdAt: Date;
  /** Exact to about a minute. */
  lastUsedAt: Date;
  /** When it was ended; `null` while it lives. */
  revokedAt: Date | null;
  /** When it ends by itself. */
  expiresAt: Date;
}

/** A signed-in device as its person sees it, over the wire. Times are ISO 8601 UTC with milliseconds. */
export interface SessionInfo {
  _id: string;
  userAgent: string | null;
  ip: string | null;
  createdAt: string;
  lastUsedAt: string;
  /** Whether it is the one that asks. */
  current: boolean;
}
