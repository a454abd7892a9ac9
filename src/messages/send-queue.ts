import type { PendingSend } from './pending-send.js';

/** Answered sends that may stay in the queue. */
const SWEEP_AFTER = 1000;

/**
 * The sends that wait to be stored, in the order in which they came. A send is ready when its relation is read;
 * one that is not ready holds back those behind it in its own line, and nobody else.
 */
export class SendQueue {
  private queue: PendingSend[] = [];
  private answered = 0;
  private readonly byKey = new Map<string, PendingSend>();

  /** The send under the same idempotency key that is not answered yet. */
  twinOf(send: PendingSend): PendingSend | undefined {
    return send.key === undefined ? undefined : this.byKey.get(send.key);
  }

  add(send: PendingSend): void {
    this.queue.push(send);
    if (send.key !== undefined) this.byKey.set(send.key, send);
  }

  /** Takes out up to `most` sends that can be stored now; those already settled are dropped. */
  takeReady(most: number): PendingSend[] {
    const taken: PendingSend[] = [];
    const left: PendingSend[] = [];
    const heldBack = new Set<string>();
    for (const send of this.queue) {
      if (send.isSettled) continue;
      if (taken.length < most && send.relation && !heldBack.has(send.line)) taken.push(send);
      else {
        heldBack.add(send.line);
        left.push(send);
      }
    }
    this.queue = left;
    this.answered = 0;
    return taken;
  }

  /** Forgets an answered send: from now on the store answers for its key. */
  release(send: PendingSend): void {
    if (send.key !== undefined && this.byKey.get(send.key) === send) this.byKey.delete(send.key);
    // While the database is away nothing is taken, and what is past its deadline would pile up.
    this.answered += 1;
    if (this.answered > SWEEP_AFTER && this.answered > this.queue.length / 2) this.sweep();
  }

  private sweep(): void {
    this.queue = this.queue.filter(({ isSettled }) => !isSettled);
    this.answered = 0;
  }
}
