import { type ConversationView, stateOf } from './conversation-view.js';
import { type Given, stateDigest } from './given.js';

/** Fewest messages of a conversation that a device knows nothing of, where there is room and there are as many. */
const LEAST_PAGE = 50;

/** Most conversations in one answer, so that its size is bounded where they have no messages. */
const MOST_CONVERSATIONS = 1000;

/** A conversation, and what the device has of it. */
export interface Known {
  view: ConversationView;
  /** `undefined` where the device has nothing, or nothing that is known here. */
  given: Given | undefined;
  /** Whether an earlier answer of this round spoke of it. */
  wasTold: boolean;
}

/** What of a conversation goes into the answer. */
export interface Portion {
  view: ConversationView;
  given: Given | undefined;
  /** Only numbers above. */
  after: number;
  /** All there are, or a page of so many from one end. */
  part: 'all' | 'oldest' | 'newest';
  limit: number;
}

/** What one answer gives. */
export interface Plan {
  portions: Portion[];
  /** Whether some conversations must wait for the next answer. */
  someWait: boolean;
}

/**
 * Shares the room of an answer among the conversations with something new. What the device has continues where it
 * ends, oldest first; of what it does not know comes the newest page. Those that this round did not speak of yet
 * go first, so that a busy conversation holds up no other.
 *
 * @param known - in the order in which they are given
 * @param limit - messages, at least 1
 */
export function plan(known: Known[], limit: number): Plan {
  const open = known.filter(hasNews);
  const queue = [...open.filter(({ wasTold }) => !wasTold), ...open.filter(({ wasTold }) => wasTold)];
  const page = pageSize(open, limit);
  const portions: Portion[] = [];
  let room = limit;
  let someWait = false;
  for (const one of queue) {
    const portion = portions.length < MOST_CONVERSATIONS && portionOf(one, room, room === limit, page);
    if (portion) {
      portions.push(portion);
      room -= portion.limit;
    } else {
      someWait = true;
    }
  }
  return { portions, someWait };
}

/** Whether there is anything that the device was not told, as it would be told now. */
function hasNews({ view, given }: Known): boolean {
  return !given || given.seq < view.lastSeq || given.digest !== stateDigest(stateOf(view));
}

function pageSize(open: Known[], limit: number): number {
  const unknown = open.filter(({ given }) => !given).length;
  return Math.min(limit, Math.max(LEAST_PAGE, Math.floor(limit / Math.max(1, unknown))));
}

/** `undefined` where it must wait for the next answer. */
function portionOf(
  { view, given }: Known,
  room: number,
  isFirst: boolean,
  page: number,
): Portion | undefined {
  const after = given?.seq ?? 0;
  // As many at most: some of the numbers may not be for this person.
  const width = Math.max(0, view.lastSeq - after);
  if (given) {
    if (width <= room) return { view, given, after, part: 'all', limit: width };
    return room > 0 ? { view, given, after, part: 'oldest', limit: room } : undefined;
  }
  if (width <= Math.min(page, room)) return { view, given, after, part: 'all', limit: width };
  return page <= room || isFirst ? { view, given, after, part: 'newest', limit: page } : undefined;
}
