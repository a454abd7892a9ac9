import { setTimeout as delay } from 'node:timers/promises';
import type { Cast } from '../actors.js';
import { PEOPLE, type Who } from '../people.js';
import type { World } from '../world.js';
import { mustHoldForAll, pairs } from './always.js';
import { statesOf } from './fetched.js';

/** Times that is looked whether the heartbeats have told. */
const MOST_LOOKS = 60;

/** Between two looks, in milliseconds: there is one heartbeat a second. */
const PAUSE = 250;

/** Waits until the heartbeats of those who are there have told what they can tell, and it must be that. */
export async function mustSettle(world: World, cast: Cast): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    const late = pairs(PEOPLE).flatMap(([one, other]) => [
      ...unsettled(world, one, other),
      ...unsettled(world, other, one),
    ]);
    if (late.length === 0) break;
    if (looks > MOST_LOOKS) throw new Error(`Not told: ${late.join('; ')}`);
    await delay(PAUSE);
    await Promise.all(PEOPLE.map((who) => observe(world, cast, who)));
  }
  await mustHoldForAll(world, cast, world.standingBlocks());
}

async function observe(world: World, cast: Cast, who: Who): Promise<void> {
  for (const [id, state] of await statesOf(cast, cast.of(who))) {
    world.conversation(who, cast.whoIs(id)).observe(who, state);
  }
}

function unsettled(world: World, reader: Who, other: Who): string[] {
  const conversation = world.conversation(reader, other);
  const { delivered, shownDelivered, shownRead } = conversation.of(reader);
  const due = conversation.settled(reader);
  return [
    ...(delivered.sure < due.delivered ? [`delivered to ${reader}: ${due.delivered}`] : []),
    ...(shownDelivered.sure < due.shownDelivered
      ? [`${other} sees delivered to ${reader}: ${due.shownDelivered}`]
      : []),
    ...(shownRead.sure < due.shownRead ? [`${other} sees read by ${reader}: ${due.shownRead}`] : []),
  ];
}
