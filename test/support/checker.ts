/**
 * The checker for all faults: given what was acknowledged, what is stored and what devices have, it says what of the
 * promise in `docs/delivery.md` was broken. It knows nothing of how the evidence was gathered, nor of any service.
 */

/** What is said of a message, wherever it is found. */
export interface Said {
  _id: string;
  conversationId: string;
  senderId: string;
  recipientId: string;
  seq: number;
  text: string;
  /** ISO 8601. */
  createdAt: string;
  clientMessageId?: string | undefined;
}

/** A row of the store. */
export interface Row extends Said {
  /** Not for the recipient's eyes. */
  hidden?: boolean | undefined;
}

/** A send that was answered with success, as its sender meant it, with the answer. */
export interface Acknowledged {
  senderId: string;
  recipientId: string;
  text: string;
  clientMessageId: string;
  /** Sends of one line were sent one after the other, each when the one before was acknowledged. */
  line: string;
  answer: Said;
}

/** What one device has after it has synced, or what it was told meanwhile. */
export interface View {
  /** For the complaint: "Ann's phone". */
  of: string;
  userId: string;
  messages: Said[];
}

export interface Evidence {
  /** In the order of the answers. */
  acknowledged: Acknowledged[];
  /** All rows of the conversations in question. */
  stored: Row[];
  /** Devices that have synced: they have everything that their owner may see. */
  views: View[];
  /** What was told live: some of it may be missing, none of it may be wrong. */
  told: View[];
}

/** What is broken, a line each with the ids that are needed to look; empty if all promises were kept. */
export function complaintsAbout(evidence: Evidence): string[] {
  const { acknowledged, stored, views, told } = evidence;
  const byKey = new Map(stored.map((row) => [keyOf(row, row.clientMessageId), row]));
  return [
    ...acknowledged.flatMap((one) => aboutAcknowledged(one, byKey)),
    ...aboutOrder(acknowledged),
    ...[...groupedBy(stored, ({ conversationId }) => conversationId)].flatMap(([id, rows]) =>
      aboutNumbers(id, rows),
    ),
    ...aboutTwins(stored),
    ...views.flatMap((view) => aboutView(view, stored)),
    ...told.flatMap((view) => aboutTold(view, stored)),
  ];
}

/** Every acknowledged id is stored, as it was answered and as it was meant; how often, says `aboutTwins`. */
function aboutAcknowledged(sent: Acknowledged, byKey: Map<string, Row>): string[] {
  const { clientMessageId, text, senderId, recipientId, answer } = sent;
  const row = byKey.get(keyOf(answer, clientMessageId));
  const what = `acknowledged ${clientMessageId} of ${senderId} (${nameOf(answer)})`;
  if (!row) return [`${what} is not stored`];
  const isMeant = row.text === text && row.recipientId === recipientId && row.senderId === senderId;
  return [
    ...(isSame(row, answer) ? [] : [`${what} is stored otherwise: ${nameOf(row)}`]),
    ...(isMeant ? [] : [`${what} says something else`]),
  ];
}

/** The sends of one line are numbered in the order in which they were sent. */
function aboutOrder(acknowledged: Acknowledged[]): string[] {
  return [...groupedBy(acknowledged, ({ line }) => line).values()].flatMap((sends) =>
    sends.flatMap(({ answer }, index) => {
      const before = sends[index - 1]?.answer;
      if (!before || before.seq <= answer.seq) return [];
      return [`${nameOf(answer)} was sent behind ${nameOf(before)}`];
    }),
  );
}

/** 1, 2, 3 ... without a gap, none twice, and time never runs backwards. */
function aboutNumbers(conversationId: string, rows: Row[]): string[] {
  const inOrder = rows.toSorted((one, other) => one.seq - other.seq);
  const last = inOrder.at(-1)?.seq ?? 0;
  const count = new Map<number, number>();
  for (const { seq } of rows) count.set(seq, (count.get(seq) ?? 0) + 1);
  const complaints: string[] = [];
  for (let seq = 1; seq <= last; seq += 1) {
    const times = count.get(seq) ?? 0;
    if (times !== 1) complaints.push(`number ${seq} of ${conversationId} is stored ${times} times`);
  }
  for (const [index, row] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before && before.createdAt > row.createdAt) {
      complaints.push(
        `${nameOf(row)} is older (${row.createdAt}) than ${nameOf(before)} (${before.createdAt})`,
      );
    }
  }
  return complaints;
}

/** An idempotency key is used once by a sender in a conversation. */
function aboutTwins(stored: Row[]): string[] {
  const keyed = stored.filter(({ clientMessageId }) => clientMessageId !== undefined);
  return [...groupedBy(keyed, (row) => keyOf(row, row.clientMessageId)).values()]
    .filter((rows) => rows.length > 1)
    .map((rows) => `stored ${rows.length} times under one key: ${rows.map(nameOf).join(', ')}`);
}

/** A device that has synced has what its owner may see of the store, no more and no less. */
function aboutView({ of, userId, messages }: View, stored: Row[]): string[] {
  const visible = stored.filter(
    (row) => row.senderId === userId || (row.recipientId === userId && !row.hidden),
  );
  const had = new Set(messages.map(({ _id }) => _id));
  return [
    ...visible.filter(({ _id }) => !had.has(_id)).map((row) => `${of} lacks ${nameOf(row)}`),
    ...(had.size < messages.length ? [`${of} has ${messages.length - had.size} messages twice`] : []),
    ...aboutTold({ of, userId, messages }, visible),
  ];
}

/** Nothing is told that is not so, and nothing twice with different content. */
function aboutTold({ of, messages }: View, stored: Row[]): string[] {
  const byId = new Map(stored.map((row) => [row._id, row]));
  return messages.flatMap((message) => {
    const row = byId.get(message._id);
    if (!row) return [`${of} was told ${nameOf(message)}, which is not stored`];
    return isSame(row, message) ? [] : [`${of} was told ${nameOf(message)}, stored is ${nameOf(row)}`];
  });
}

const SAME = [
  '_id',
  'conversationId',
  'senderId',
  'recipientId',
  'seq',
  'text',
  'createdAt',
  'clientMessageId',
] as const;

function isSame(one: Said, other: Said): boolean {
  return SAME.every((field) => one[field] === other[field]);
}

function nameOf({ _id, seq, conversationId, clientMessageId }: Said): string {
  return `${conversationId}/${seq} ${clientMessageId ?? ''}(${_id})`;
}

/** The scope of an idempotency key: its sender and conversation. */
function keyOf({ conversationId, senderId }: Said, clientMessageId: string | undefined): string {
  return `${conversationId} ${senderId} ${clientMessageId}`;
}

function groupedBy<T>(all: T[], nameOfGroup: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = nameOfGroup(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
