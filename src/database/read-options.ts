import type { ClientSession } from 'mongoose';

/**
 * How everything that is shown, or that a decision rests on, is read: from the primary, and only what a
 * majority has, so that no failover takes it back. Set on each operation, never on the connection: there it
 * would silently switch snapshot sessions off.
 */
export const DURABLE_READ = { readConcern: { level: 'majority' }, readPreference: 'primary' } as const;

/** Gives a list in one answer, however long: else the first would hold 101 rows, and the rest takes another way. */
export const AT_ONCE = { batchSize: 10_000 } as const;

/** Where to read: on the snapshot of this session, else what a majority has now. */
export function readOptions(session?: ClientSession): { session: ClientSession } | typeof DURABLE_READ {
  return session ? { session } : DURABLE_READ;
}
