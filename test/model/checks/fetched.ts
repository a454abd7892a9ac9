import { conversationIdOf, objectId } from '../../../src/database/ids.js';
import { stateOf } from '../../../src/inbox/conversation-view.js';
import { ConversationViews } from '../../../src/inbox/conversation-views.js';
import { HistoryService } from '../../../src/messages/history.service.js';
import type { ConversationState, Message } from '../../../src/realtime/wire.js';
import type { Actor, Cast } from '../actors.js';
import type { Said } from '../conversation.js';
import type { Who } from '../people.js';
import { DEFAULTS } from '../words.js';
import type { World } from '../world.js';
import { mustEqual, mustHaveStatus, settingsOf, withoutStatus } from './compare.js';

/** What a client that has nothing would be given of the conversation with one other person. */
export interface Fresh {
  state: ConversationState | undefined;
  /** Where it was fetched. */
  history: Message[] | undefined;
}

/** How the conversations stand, as the list, the unread counts and the syncs are made of it; by the other's id. */
export async function statesOf({ service }: Cast, { id }: Actor): Promise<Map<string, ConversationState>> {
  const views = await service.app.get(ConversationViews).read(id, async (all) => all);
  return new Map(views.map((view) => [view.otherUserId, stateOf(view)]));
}

/** What the history would answer, but nothing counts as delivered by it. */
export async function look({ service }: Cast, me: Actor, otherId: string): Promise<Message[]> {
  const { messages } = await service.app.get(HistoryService).read(me.identity, otherId, { limit: 200 }, true);
  return messages;
}

/** What is fetched is what the model says. */
export function mustBeAsModelled(world: World, who: Who, other: Who, { state, history }: Fresh): void {
  const conversation = world.conversation(who, other);
  const name = `${who}'s conversation with ${other}`;
  const visible = conversation.visibleTo(who);
  mustEqual(`${name}: whether it is listed`, state !== undefined, world.isListed(who, other));
  if (state) conversation.observe(who, state);
  if (history) mustBeHistory(world, who, name, visible, history);
  if (!state) return;
  mustEqual(`${name}: lastSeq`, state.lastSeq, visible.at(-1)?.seq ?? 0);
  mustEqual(`${name}: unread`, state.unreadCount, conversation.unread(who, state.read.mine));
  mustEqual(`${name}: metadata`, settingsOf(state.metadata), world.settingsOf(who, other) ?? DEFAULTS);
}

function mustBeHistory(world: World, who: Who, name: string, visible: Said[], history: Message[]): void {
  mustEqual(
    `${name}: messages`,
    history.map(withoutStatus),
    visible.map(({ wire }) => wire),
  );
  for (const [index, said] of visible.entries()) mustHaveStatus(world, who, said, history[index] as Message);
}

/** What is stored: every message once, numbered 1, 2, 3 … */
export async function mustBeStored(world: World, cast: Cast, one: Who, other: Who): Promise<void> {
  const { said } = world.conversation(one, other);
  const conversationId = objectId(conversationIdOf(cast.of(one).id, cast.of(other).id));
  const rows = await cast.service.db
    .collection('messages')
    .find({ conversationId }, { projection: { _id: 0, seq: 1, text: 1 }, sort: { seq: 1 } })
    .toArray();
  mustEqual(
    `What ${one} and ${other} said`,
    rows,
    said.map(({ seq, text }) => ({ seq, text })),
  );
}
