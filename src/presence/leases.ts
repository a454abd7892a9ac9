import type { PresenceState } from './presence.js';

/** Someone came online, or went offline and the grace period is over. */
export interface PresenceChange extends PresenceState {
  userId: string;
  lastSeen: Date;
}

/** How long presence lasts without a sign of life, in milliseconds. */
export interface Terms {
  /** Someone without a socket still looks online for so long. */
  graceMs: number;
  /** A node that is not heard of still counts as alive for so long. */
  leaseMs: number;
}

/** What a change says of somebody. */
export type Claim = Pick<PresenceChange, 'userId' | 'isOnline'>;

/**
 * Who is where: this node holds a lease on everybody with a socket here. A person is online from their first lease
 * until they have been without any, on whatever node, for the grace period. Each change is told once, by the node
 * that finds it out.
 */
export abstract class Leases {
  private listener: (change: PresenceChange) => void = () => undefined;

  /** The time by which people come and go, the same on every node. */
  abstract now(): Date;
  /** Begins to find out who is gone, once everybody listens who is to hear of it. */
  abstract open(): void;
  /** The person has a first socket here. */
  abstract take(userId: string): void;
  /** The person's last socket here is gone. */
  abstract release(userId: string): void;
  /** Someone with a socket here, as far as this node knows; asks nobody. */
  abstract here(userId: string): PresenceState | undefined;
  /** Those of these people who are online, or who went and whose last-seen time is not stored yet. */
  abstract find(userIds: string[]): Promise<Map<string, PresenceState>>;
  /** Those of these changes that no other node has overtaken. */
  abstract confirm<C extends Claim>(changes: C[]): Promise<C[]>;
  /** When those of this node, and those gone whose last-seen time is not stored yet, were last seen. */
  abstract lastSeen(): Promise<Map<string, Date>>;
  /** That somebody was seen at this moment is stored and need not be kept any longer. */
  abstract stored(userIds: string[], at: Date): void;
  /** Announces no more ends: the node is stopping. */
  abstract quiet(): void;
  /** Lets go of everybody here, once their sockets are closed. */
  abstract close(): Promise<void>;

  /** @param listener - called for each change, at the moment it is found out */
  onChange(listener: (change: PresenceChange) => void): void {
    this.listener = listener;
  }

  protected changed(change: PresenceChange): void {
    this.listener(change);
  }
}
