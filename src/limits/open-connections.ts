/** The connections that are open, counted for the address and the people that each belongs to. */
export class OpenConnections {
  private readonly owners = new Map<object, Set<string>>();
  private readonly counts = new Map<string, number>();

  /** How many this owner has. */
  of(owner: string): number {
    return this.counts.get(owner) ?? 0;
  }

  add(connection: object): void {
    this.owners.set(connection, new Set());
  }

  /** Counts it for this owner too, once; one that has closed meanwhile for nobody. */
  count(connection: object, owner: string): void {
    const owners = this.owners.get(connection);
    if (!owners || owners.has(owner)) return;
    owners.add(owner);
    this.counts.set(owner, this.of(owner) + 1);
  }

  remove(connection: object): void {
    for (const owner of this.owners.get(connection) ?? []) {
      const left = this.of(owner) - 1;
      if (left > 0) this.counts.set(owner, left);
      else this.counts.delete(owner);
    }
    this.owners.delete(connection);
  }
}
