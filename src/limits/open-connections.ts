/** The connections that are open, counted for the address and the people that each belongs to. */
export class OpenConnections {
  /** Of each at most its address and its person: a list, since there are many connections. */
  private readonly owners = new Map<object, string[]>();
  private readonly counts = new Map<string, number>();

  /** How many this owner has. */
  of(owner: string): number {
    return this.counts.get(owner) ?? 0;
  }

  add(connection: object): void {
    this.owners.set(connection, []);
  }

  /** Counts it for this owner too, once; one that has closed meanwhile for nobody. */
  count(connection: object, owner: string): void {
    const owners = this.owners.get(connection);
    if (!owners || owners.includes(owner)) return;
    owners.push(owner);
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
