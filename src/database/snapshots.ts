import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { ClientSession, Connection } from 'mongoose';
import { isSnapshotGone } from '../common/errors/database-errors.js';

/** Tries at a snapshot that the database cannot give at this moment, since a collection or an index is new. */
const MOST_TRIES = 5;

/** How long to wait before the next of them, in milliseconds. */
const PAUSE = 50;

/** Answers that are put together from several reads, all as it was at one moment. */
@Injectable()
export class Snapshots {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /**
   * Reads on one snapshot of what a majority has. It is made by the first read: were others begun before that one
   * has ended, each would make its own, so the first comes apart. Both may run several times.
   */
  async read<F, T>(
    first: (session: ClientSession) => Promise<F>,
    others: (session: ClientSession, found: F) => Promise<T>,
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once(first, others);
      } catch (error) {
        if (!isSnapshotGone(error) || tries >= MOST_TRIES) throw error;
        await delay(PAUSE);
      }
    }
  }

  private async once<F, T>(
    first: (session: ClientSession) => Promise<F>,
    others: (session: ClientSession, found: F) => Promise<T>,
  ): Promise<T> {
    const session = await this.connection.startSession({ snapshot: true });
    try {
      const found = await first(session);
      if (!hasSnapshot(session)) throw new Error('The first read has made no snapshot');
      return await others(session, found);
    } finally {
      await session.endSession();
    }
  }
}

/** The driver's own field, not in its types. Without it each read is of its own moment, which nothing would tell. */
function hasSnapshot(session: ClientSession & { snapshotTime?: unknown }): boolean {
  return session.snapshotTime !== undefined;
}
