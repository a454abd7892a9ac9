import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { ClientSession, Connection } from 'mongoose';
import { isDuplicateKey } from '../common/errors/database-errors.js';

/** Tries at a transaction that meets another one inserting the same row, before it counts as a fault. */
const MOST_TRIES = 20;

/** Changes that happen together or not at all. */
@Injectable()
export class Transactions {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  /**
   * Runs `work` in a transaction on one snapshot, committed to a majority. `work` may run several times (write
   * conflicts, failover, a row of the same id inserted meanwhile), so it must do nothing but read and write
   * through the session it is given.
   */
  async run<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once(work);
      } catch (error) {
        if (!isDuplicateKey(error) || tries >= MOST_TRIES) throw error;
      }
    }
  }

  private async once<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    const session = await this.connection.startSession();
    try {
      return await session.withTransaction(() => work(session), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
        readPreference: 'primary',
      });
    } finally {
      await session.endSession();
    }
  }
}
