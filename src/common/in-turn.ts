/**
 * Work on the same thing one after the other, in the order it was asked for; different things do not wait for
 * each other. On this node only: what must hold on every node is kept by the database, this keeps what is told
 * in the order in which it happened.
 */
export class InTurn {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs the work when all earlier work on this key has ended, well or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const ended = result.catch(() => undefined);
    this.last.set(key, ended);
    void ended.then(() => {
      if (this.last.get(key) === ended) this.last.delete(key);
    });
    return result;
  }
}
