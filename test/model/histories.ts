import fc from 'fast-check';
import { Cast } from './actors.js';
import { mustSettle } from './checks/settled.js';
import { type Deed, Step, type Tally } from './deed.js';
import { crowded } from './deeds/crowded.js';
import { comes, devices } from './deeds/devices.js';
import { outsider } from './deeds/outsider.js';
import { reading } from './deeds/reading.js';
import { befriends, relations } from './deeds/relations.js';
import { sending } from './deeds/sending.js';
import { ALL_PHONES } from './people.js';
import type { Service } from './service.js';
import { World } from './world.js';

/** Fewest and most commands of a history. */
export const LEAST_COMMANDS = 60;
const MOST_COMMANDS = 62;

export type History = Iterable<Step>;

const deed: fc.Arbitrary<Deed> = fc.oneof(
  ...sending,
  ...crowded,
  ...reading,
  ...devices,
  ...relations,
  ...outsider,
);

/** Random histories. @param replayPath - of a failure that is run again */
export function histories(tally: Tally, replayPath: string | undefined): fc.Arbitrary<History> {
  const steps = [deed.map((one) => new Step(one, tally))];
  const commands = fc.commands<World, Cast, false>(steps, {
    maxCommands: MOST_COMMANDS,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  return new NotShort(commands as fc.Arbitrary<History>);
}

/** `fc.commands` has no least length. A failing history may still be shrunk below it. */
class NotShort extends fc.Arbitrary<History> {
  constructor(private readonly all: fc.Arbitrary<History>) {
    super();
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<History> {
    for (;;) {
      const value = this.all.generate(random, bias);
      if ([...value.value_].length >= LEAST_COMMANDS) return value;
    }
  }

  override canShrinkWithoutContext(value: unknown): value is History {
    return this.all.canShrinkWithoutContext(value);
  }

  override shrink(value: History, context: unknown): fc.Stream<fc.Value<History>> {
    return this.all.shrink(value, context);
  }
}

/** Fresh people, of whom Ann and Bob are friends, live through a history; the end is exact. */
export async function live(service: Service, history: History): Promise<void> {
  const cast = await Cast.signUp(service);
  try {
    const world = new World();
    await begin(world, cast);
    await fc.asyncModelRun(() => ({ model: world, real: cast }), history);
    await mustSettle(world, cast);
  } finally {
    await cast.leave();
  }
}

async function begin(world: World, cast: Cast): Promise<void> {
  await befriends(world, cast, 'Ann', 'Bob');
  await Promise.all(
    ALL_PHONES.map(async (name) => {
      const phone = cast.phone(name);
      await comes(world, cast, phone, { replay: true, sync: undefined });
      for (const other of cast.others(phone.owner.who)) {
        if (world.bond(phone.owner.who, other.who).areFriends) phone.copy.friends.add(other.id);
      }
      // There is nothing yet that it could have missed.
      phone.isWhole = true;
    }),
  );
}
