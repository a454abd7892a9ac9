/** The people of a history. Ann and Bob have two devices each; Cid is the outsider, a stranger or a friend. */
export type Who = 'Ann' | 'Bob' | 'Cid';

export const PEOPLE: readonly Who[] = ['Ann', 'Bob', 'Cid'];

/** Their devices. */
export type PhoneName = 'Ann 1' | 'Ann 2' | 'Bob 1' | 'Bob 2' | 'Cid 1';

export const PHONES: Readonly<Record<Who, readonly PhoneName[]>> = {
  Ann: ['Ann 1', 'Ann 2'],
  Bob: ['Bob 1', 'Bob 2'],
  Cid: ['Cid 1'],
};

export const ALL_PHONES: readonly PhoneName[] = PEOPLE.flatMap((who) => PHONES[who]);

/** Everybody but this person. */
export function othersOf(who: Who): Who[] {
  return PEOPLE.filter((one) => one !== who);
}

/** One name for the two in either order. */
export function pairOf(one: Who, other: Who): string {
  return [one, other].toSorted().join('-');
}
