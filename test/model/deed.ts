import type { AsyncCommand } from 'fast-check';
import type { Cast } from './actors.js';
import { mustHold, mustHoldForAll } from './checks/always.js';
import { PHONES, type Who } from './people.js';
import type { Phone } from './phone.js';
import type { World } from './world.js';

/** Something that somebody does: to the service and to the model, which must agree on the answer. */
export interface Deed {
  /** For counting. */
  name: string;
  /** For the report of a failure. */
  says: string;
  /** Whom it concerns: the two, or one person's devices. */
  among: readonly Who[];
  act(world: World, cast: Cast): Promise<void>;
}

/** How often each deed was done, and how many histories were lived through to their end. */
export class Tally {
  readonly counts = new Map<string, number>();
  histories = 0;
  /** Commands of the shortest of them. */
  shortest = Infinity;

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  endHistory(commands: number): void {
    this.histories += 1;
    this.shortest = Math.min(this.shortest, commands);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** So often everybody is looked at, and not only whom a deed concerns. */
const ALL_EVERY = 10;

/** So often the histories are fetched; what devices have of them is compared with the model each time. */
const HISTORIES_EVERY = 3;

/** A deed as a command of fast-check; what always holds is looked at behind each. */
export class Step implements AsyncCommand<World, Cast> {
  constructor(
    private readonly deed: Deed,
    private readonly tally: Tally,
  ) {}

  /** All can be done at any time: what may not be is refused. */
  check(): boolean {
    return true;
  }

  async run(world: World, cast: Cast): Promise<void> {
    this.tally.add(this.deed.name);
    const blocks = world.standingBlocks();
    await this.deed.act(world, cast);
    const number = cast.nextNumber();
    const { among } = this.deed;
    if (number % ALL_EVERY === 0) await mustHoldForAll(world, cast, blocks);
    else await mustHold(world, cast, { among, blocks, withHistories: number % HISTORIES_EVERY === 0 });
  }

  toString(): string {
    return this.deed.says;
  }
}

/** By which device, and over what. */
export interface Via {
  index: number;
  way: 'socket' | 'http';
}

/** The device that is meant. */
export function phoneOf(cast: Cast, who: Who, { index }: Pick<Via, 'index'>): Phone {
  const names = PHONES[who];
  return cast.phone(names[index % names.length] as (typeof names)[number]);
}

/** Whether it goes over the socket: a device that is not connected uses HTTP. */
export function isLive(phone: Phone, { way }: Via): boolean {
  return way === 'socket' && phone.isOnline;
}

export function viaText(who: Who, { index, way }: Via): string {
  return `${PHONES[who][index % PHONES[who].length]} by ${way}`;
}
