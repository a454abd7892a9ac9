/**
 * The typings that other nodes show to people of this one. A node that dies, or that cannot be heard any more, tells
 * no end, so each ends here by itself when it was not renewed.
 */
export class RelayedTypings {
  private readonly timers = new Map<string, NodeJS.Timeout>();

  /**
   * @param lasts - how long one lasts that is not renewed, in milliseconds
   * @param ended - told of one that has ended here
   */
  constructor(
    private readonly lasts: number,
    private readonly ended: (typistId: string, otherId: string) => void,
  ) {}

  /** Another node shows it. */
  begin(typistId: string, otherId: string): void {
    if (this.renew(typistId, otherId)) return;
    const timer = setTimeout(() => this.end(typistId, otherId), this.lasts).unref();
    this.timers.set(typistId + otherId, timer);
  }

  /** It goes on; one that has ended here stays so. @returns whether it is shown */
  renew(typistId: string, otherId: string): boolean {
    return this.timers.get(typistId + otherId)?.refresh() !== undefined;
  }

  /** Ends it here, if it is shown. */
  end(typistId: string, otherId: string): void {
    if (this.forget(typistId, otherId)) this.ended(typistId, otherId);
  }

  /** Somebody else has told its end, or will. @returns whether it was shown */
  forget(typistId: string, otherId: string): boolean {
    clearTimeout(this.timers.get(typistId + otherId));
    return this.timers.delete(typistId + otherId);
  }

  /** Leaves no clock running. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
