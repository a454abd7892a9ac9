import type { PendingSend } from './pending-send.js';

/**
 * The sends that wait to be stored, in the order in which they came. A send is ready when its relation is read;
 * one that is not ready holds back those behind it in its own line, and nobody else.
 */
export class SendQueue {
  private queue: PendingSend[] = [];
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
    return taken;
  }

  /** Forgets the key: from now on the store answers for it. */
  release(send: PendingSend): void {
    if (send.key !== undefined && this.byKey.get(send.key) === send) this.byKey.delete(send.key);
  }
}
