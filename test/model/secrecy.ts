import { isDeepStrictEqual } from 'node:util';
import type { Who } from './people.js';
import type { Settings } from './words.js';
import type { World } from './world.js';

/** What one person sees of another, but for how far anybody has read. */
export interface Sight {
  messages: { seq: number; by: Who; text: string }[];
  settings: Settings | undefined;
  areFriends: boolean;
  incoming: string | undefined;
  outgoing: string | undefined;
}

/** What the viewer sees in this world. */
export function sightOf(world: World, viewer: Who, other: Who): Sight {
  const bond = world.bond(viewer, other);
  return {
    messages: world
      .conversation(viewer, other)
      .visibleTo(viewer)
      .map(({ seq, by, text }) => ({ seq, by, text })),
    settings: world.settingsOf(viewer, other),
    areFriends: bond.areFriends,
    incoming: bond.visibleTo(viewer, other)?.id,
    outgoing: bond.visibleTo(viewer, viewer)?.id,
  };
}

/** @throws Error where something is not as it would be if nobody blocked the one who is told */
export function mustShowNoBlock(what: string, is: unknown, wouldBe: unknown): void {
  if (isDeepStrictEqual(is, wouldBe)) return;
  throw new Error(
    `${what} shows a block\nis:       ${JSON.stringify(is)}\nwould be: ${JSON.stringify(wouldBe)}`,
  );
}
