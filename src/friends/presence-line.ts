import { Injectable } from '@nestjs/common';
import { InTurn } from '../common/in-turn.js';

/**
 * The one line in which this node tells of presence. What is told comes from reads that take their time; one
 * after the other, the last thing told about somebody is the newest.
 */
@Injectable()
export class PresenceLine {
  private readonly inTurn = new InTurn();

  run(work: () => Promise<void>): Promise<void> {
    return this.inTurn.run('presence', work);
  }
}
