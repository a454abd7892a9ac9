import type { Page, Said } from './conversation.js';

/** What is asked for: the newest, or what lies before or behind a number. */
export interface Wanted {
  limit: number;
  before?: number | undefined;
  after?: number | undefined;
}

/** A page of a history, and whether there is more on either side. */
export interface Slice extends Page {
  messages: Said[];
  hasOlder: boolean;
  hasNewer: boolean;
}

/** The page of these messages, which are all that somebody may see. */
export function sliceOf(visible: Said[], { limit, before = Infinity, after }: Wanted): Slice {
  const within = visible.filter(({ seq }) => seq < before && seq > (after ?? 0));
  const messages = after === undefined ? within.slice(-limit) : within.slice(0, limit);
  const first = messages[0]?.seq ?? (after === undefined ? before : after + 1);
  const last = messages.at(-1)?.seq ?? first - 1;
  const older = visible.filter(({ seq }) => seq < first);
  return {
    messages,
    hasOlder: older.length > 0,
    hasNewer: visible.some(({ seq }) => seq > last),
    from: after === undefined ? (older.at(-1)?.seq ?? 0) + 1 : after + 1,
    to: last,
    seqs: messages.map(({ seq }) => seq),
  };
}
