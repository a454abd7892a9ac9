import type { Order, Scene } from './scene.js';

/** One way to see that a cell holds, on the running service. */
export interface Case {
  name: string;
  check: (scene: Scene) => Promise<void>;
  /** Where it makes sense; everywhere else. */
  orders?: Order[];
  /** Promised and not kept yet: it fails until it is. */
  isOwed?: true;
  /** On a service whose grace period never ends within a test. */
  isWithinGrace?: true;
}

/** What the matrix says of one person, for people to read, and how that is seen. */
export interface Cell {
  says: string;
  cases: [Case, ...Case[]];
}

/** Something that happens while B blocks A. */
export interface Row {
  what: string;
  /** The row of the threats that it answers. */
  threat: 78 | 79;
  blocked: Cell;
  blocker: Cell;
  /** Where each of the two blocks the other. */
  both: Cell;
}
