/**
 * How everything that is shown, or that a decision rests on, is read: from the primary, and only what a
 * majority has, so that no failover takes it back. Set on each operation, never on the connection: there it
 * would silently switch snapshot sessions off.
 */
export const DURABLE_READ = { readConcern: { level: 'majority' }, readPreference: 'primary' } as const;
