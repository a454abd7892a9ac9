import { isDeepStrictEqual } from 'node:util';
import type { Conversation as Listed, Message } from '../../../src/realtime/wire.js';
import type { Said } from '../conversation.js';
import type { Who } from '../people.js';
import { DEFAULTS, type Settings } from '../words.js';
import type { World } from '../world.js';

/** @throws Error that shows both */
export function mustEqual(what: string, is: unknown, expected: unknown): void {
  if (isDeepStrictEqual(is, expected)) return;
  throw new Error(`${what}\nis:       ${JSON.stringify(is)}\nexpected: ${JSON.stringify(expected)}`);
}

/** The status is one that is possible now. */
export function mustHaveStatus(world: World, viewer: Who, said: Said, { status }: Message): void {
  const possible = world.conversation(said.by, said.to).statuses(said, viewer);
  if (!possible.includes(status)) {
    throw new Error(
      `${viewer} sees ${said.by}'s ${said.seq} to ${said.to} as ${status}; possible is ${possible.join(', ')}`,
    );
  }
}

/** The status that the marks of the same answer say. */
export function statusBy(
  { otherId, read, delivered }: { otherId: string } & Pick<Listed, 'read' | 'delivered'>,
  { recipientId, seq }: Message,
): Message['status'] {
  const whose = recipientId === otherId ? 'theirs' : 'mine';
  if (seq <= read[whose]) return 'read';
  return seq <= delivered[whose] ? 'delivered' : 'sent';
}

/** What was set, or what holds where nothing was. */
export function settingsOf(metadata: Listed['metadata'] | undefined): Settings {
  const { isPinned, isBlocked, customRingtone, isFavorite } = metadata ?? DEFAULTS;
  return { isPinned, isBlocked, customRingtone, isFavorite };
}

/** A message without what changes of it. */
export function withoutStatus(message: Message): Omit<Message, 'status'> {
  const { status: _status, ...rest } = message;
  return rest;
}
