import { setTimeout as delay } from 'node:timers/promises';
import type { Cast } from '../actors.js';
import { othersOf, PEOPLE, type Who } from '../people.js';
import type { World } from '../world.js';
import { look, mustBeAsModelled, mustBeStored, statesOf } from './fetched.js';
import { differencesOf } from './held.js';
import { mustBeListed } from './listed.js';

/** Times that a device may still be on its way to what a fetch says: heartbeats are told when they come. */
const MOST_LOOKS = 40;

/** Between two looks, in milliseconds. */
const PAUSE = 25;

/** What is looked at behind a command. */
export interface Scope {
  /** Whom the command concerned; one alone is looked at with everybody else. */
  among: readonly Who[];
  /** Who blocked whom before the command. */
  blocks: [Who, Who][];
  /** Whether the histories are fetched too. */
  withHistories: boolean;
}

/**
 * What holds after every command, whatever it was: the store, the model, a fresh fetch and the devices agree on what
 * those whom the command concerned have of each other. Fetched without moving anything, and past HTTP, which would
 * take most of the time.
 */
export async function mustHold(world: World, cast: Cast, scope: Scope): Promise<void> {
  const { among, blocks } = scope;
  world.mustKeepBlocksSecret();
  await Promise.all([
    ...among.flatMap((who) => cast.phonesOf(who)).map((phone) => phone.catchUp()),
    ...pairs(among).map(([one, other]) => mustBeStored(world, cast, one, other)),
  ]);
  mustHearNobodyBlocked(world, cast, blocks);
  await Promise.all(among.map((who) => mustSee(world, cast, who, scope)));
  for (const phone of cast.phones.values()) phone.heard = [];
}

/** The same of everybody and everything, and that the lists say so too. */
export async function mustHoldForAll(world: World, cast: Cast, blocks: [Who, Who][]): Promise<void> {
  await mustHold(world, cast, { among: PEOPLE, blocks, withHistories: true });
  await Promise.all(PEOPLE.map((who) => mustBeListed(world, cast, who)));
}

/** Who blocks somebody hears nothing of them. */
function mustHearNobodyBlocked(world: World, cast: Cast, blocks: [Who, Who][]): void {
  for (const [blocker, blocked] of blocks) {
    const isHeard = cast.phonesOf(blocker).some(({ heard }) => heard.includes(cast.of(blocked).id));
    if (isHeard && world.blocks(blocker, blocked))
      throw new Error(`${blocker} hears ${blocked}, whom they block`);
  }
}

/** What one person sees of these others is what the model says, and each of their devices has it. */
async function mustSee(world: World, cast: Cast, who: Who, { among, withHistories }: Scope): Promise<void> {
  const me = cast.of(who);
  const others = othersOf(who).filter((other) => among.length === 1 || among.includes(other));
  const phones = cast.phonesOf(who).filter(({ isOnline }) => isOnline);
  for (let looks = 1; ; looks += 1) {
    const states = await statesOf(cast, me);
    const differences = await Promise.all(
      others.map(async (other) => {
        const { id } = cast.of(other);
        const state = states.get(id);
        const history = withHistories ? await look(cast, me, id) : undefined;
        mustBeAsModelled(world, who, other, { state, history });
        return phones.flatMap((phone) => differencesOf(world, phone, cast.of(other), state));
      }),
    );
    if (differences.flat().length === 0) return;
    if (looks > MOST_LOOKS) throw new Error(differences.flat().join('\n'));
    await delay(PAUSE);
    await Promise.all(phones.map((phone) => phone.catchUp()));
  }
}

/** Each two of these. */
export function pairs(among: readonly Who[]): [Who, Who][] {
  return among.flatMap((one) =>
    among.filter((other) => one < other).map((other): [Who, Who] => [one, other]),
  );
}
