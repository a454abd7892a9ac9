import { FriendsService } from '../../../src/friends/friends.service.js';
import { RequestsService } from '../../../src/friends/requests.service.js';
import type { People } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { othersOf, type Who } from '../people.js';
import type { Phone } from '../phone.js';
import type { World } from '../world.js';
import { mustEqual } from './compare.js';

/** The lists of these people are as the model says, and their devices have them. */
export async function mustKnowPeople(world: World, cast: Cast, among: Who[]): Promise<void> {
  for (const who of among) {
    const { friends, incoming, outgoing } = await peopleOf(cast, who);
    const known = friendsOf(world, who);
    const [asking, asked] = [requestsOf(world, who, 'incoming'), requestsOf(world, who, 'outgoing')];
    mustEqual(`${who}'s friends`, friends.map(({ _id }) => cast.whoIs(_id)).toSorted(), known);
    mustEqual(`${who}'s incoming`, incoming.map(({ _id }) => _id).toSorted(), asking);
    mustEqual(`${who}'s outgoing`, outgoing.map(({ _id }) => _id).toSorted(), asked);
    for (const phone of cast.phonesOf(who)) {
      if (phone.isOnline && phone.isWhole) mustHavePeople(cast, phone, known, [...asking, ...asked]);
    }
  }
}

/** The lists as they are fetched; past HTTP, which would take most of the time. */
export async function peopleOf(cast: Cast, who: Who): Promise<People> {
  const { app } = cast.service;
  const { id } = cast.of(who);
  const [friends, requests] = await Promise.all([
    app.get(FriendsService).list(id),
    app.get(RequestsService).list(id),
  ]);
  return { friends, ...requests };
}

function mustHavePeople(cast: Cast, { name, copy }: Phone, friends: Who[], requests: string[]): void {
  mustEqual(`${name}: friends`, [...copy.friends].map((id) => cast.whoIs(id)).toSorted(), friends);
  mustEqual(`${name}: requests`, [...copy.requests.keys()].toSorted(), requests.toSorted());
}

function friendsOf(world: World, who: Who): Who[] {
  return othersOf(who).filter((other) => world.bond(who, other).areFriends);
}

function requestsOf(world: World, who: Who, way: 'incoming' | 'outgoing'): string[] {
  return othersOf(who)
    .flatMap((other) => world.bond(who, other).visibleTo(who, way === 'incoming' ? other : who)?.id ?? [])
    .toSorted();
}
