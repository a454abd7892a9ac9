import { isDeepStrictEqual } from 'node:util';
import { type Asked, Bond } from './bond.js';
import { Conversation, type Draft, type Page } from './conversation.js';
import { othersOf, pairOf, PEOPLE, PHONES, type PhoneName, type Who } from './people.js';
import { mustShowNoBlock, sightOf } from './secrecy.js';
import { Typings } from './typings.js';
import { DEFAULTS, type Refused, type Sent, type Settings } from './words.js';

/**
 * The model: what each person may see and what each is answered, in the words of the contract. It knows nothing of
 * sockets, numbers of a store or order of execution; what it leaves open, since heartbeats come when they come, is
 * a range.
 *
 * Beside it runs, for each person, a world in which nobody blocks that person. What happens to them must be the
 * same in both: a block cannot be noticed.
 */
export class World {
  readonly online = new Set<PhoneName>();
  readonly typings = new Typings();
  private readonly conversations = new Map<string, Conversation>();
  private readonly bonds = new Map<string, Bond>();
  private readonly settings = new Map<string, Settings>();
  private readonly beliefs: ReadonlyMap<Who, World>;

  /** @param unblocked - nobody's block on this person exists; what happens is told by the world beside which it runs */
  constructor(private readonly unblocked?: Who) {
    this.beliefs = new Map(unblocked ? [] : PEOPLE.map((who) => [who, new World(who)]));
  }

  conversation(one: Who, other: Who): Conversation {
    return found(this.conversations, pairOf(one, other), () => new Conversation([one, other]));
  }

  bond(one: Who, other: Who): Bond {
    return found(this.bonds, pairOf(one, other), () => new Bond());
  }

  /** What `me` has set for the other, where they ever did. */
  settingsOf(me: Who, other: Who): Settings | undefined {
    return this.settings.get(`${me} ${other}`);
  }

  blocks(blocker: Who, blocked: Who): boolean {
    return blocked !== this.unblocked && (this.settingsOf(blocker, blocked)?.isBlocked ?? false);
  }

  /** Who blocks whom. */
  standingBlocks(): [Who, Who][] {
    return PEOPLE.flatMap((one) =>
      othersOf(one).flatMap((other): [Who, Who][] => (this.blocks(one, other) ? [[one, other]] : [])),
    );
  }

  /** Whether no block stands between the two, whoever's. */
  isOpen(one: Who, other: Who): boolean {
    return !this.blocks(one, other) && !this.blocks(other, one);
  }

  onlineOf(who: Who): PhoneName[] {
    return PHONES[who].filter((phone) => this.online.has(phone));
  }

  /** Whether the conversation is listed for this person. */
  isListed(viewer: Who, other: Who): boolean {
    return (
      this.conversation(viewer, other).lastSeq(viewer) > 0 || this.settingsOf(viewer, other) !== undefined
    );
  }

  // Messages

  send(draft: Draft): Sent {
    return this.told(draft.by, this.trySend(draft), (belief) => belief.send(draft));
  }

  private trySend(draft: Draft): Sent {
    const { by, to, key } = draft;
    const conversation = this.conversation(by, to);
    const known = conversation.byKey(by, key);
    if (known) {
      const isSame = known.text === draft.text && isDeepStrictEqual(known.attachment, draft.attachment);
      return isSame ? { seq: known.seq, isNew: false } : { code: 'client_message_id_reused' };
    }
    if (this.blocks(by, to)) return { code: 'recipient_blocked' };
    if (!this.bond(by, to).areFriends) return { code: 'not_friends' };
    const isOpen = this.isOpen(by, to);
    const { seq, isHidden } = conversation.append(draft, this.blocks(to, by), isOpen);
    this.typings.end(by, to);
    if (!isHidden) for (const phone of this.onlineOf(to)) conversation.push(to, phone, seq, isOpen);
    return { seq, isNew: true };
  }

  /** A device comes. @param replayed - what it was given before it was ready */
  connect(who: Who, phone: PhoneName, replayed: { by: Who; seq: number }[] = []): void {
    this.online.add(phone);
    for (const { by, seq } of replayed)
      this.conversation(who, by).push(who, phone, seq, this.isOpen(who, by));
  }

  disconnect(phone: PhoneName): void {
    this.online.delete(phone);
    this.typings.leave(phone);
    for (const conversation of this.conversations.values()) conversation.forget(phone);
  }

  // Receipts

  confirm(me: Who, other: Who, seq: number): Refused | undefined {
    const refused = this.refuseReceipt(me, other, seq);
    if (!refused) this.conversation(me, other).confirm(me, seq, this.isOpen(me, other));
    return refused;
  }

  markRead(me: Who, other: Who, seq: number): Refused | undefined {
    const refused = this.refuseReceipt(me, other, seq);
    if (!refused) this.conversation(me, other).markRead(me, seq, this.isOpen(me, other));
    return refused;
  }

  fetch(me: Who, other: Who, page: Page): void {
    this.conversation(me, other).fetch(me, page, this.isOpen(me, other));
  }

  open(me: Who, other: Who, page: Page): void {
    this.conversation(me, other).open(me, page, this.isOpen(me, other));
  }

  private refuseReceipt(me: Who, other: Who, seq: number): Refused | undefined {
    return seq > this.conversation(me, other).lastSeq(me) ? { code: 'seq_out_of_range' } : undefined;
  }

  // Typing

  /** Shown to a friend, unless a block stands. */
  type(me: Who, phone: PhoneName, other: Who): void {
    const isShown = this.bond(me, other).areFriends && this.isOpen(me, other);
    this.typings.start(me, phone, other, isShown ? this.onlineOf(other) : undefined);
  }

  // Settings and blocks

  change(me: Who, other: Who, changes: Partial<Settings>): Settings {
    const after = { ...DEFAULTS, ...this.settingsOf(me, other), ...changes };
    if (Object.keys(changes).length === 0) return after;
    const wasOpen = this.isOpen(me, other);
    const wasBlocked = this.blocks(me, other);
    this.settings.set(`${me} ${other}`, after);
    if (wasBlocked !== this.blocks(me, other)) this.typings.endBoth(me, other);
    const conversation = this.conversation(me, other);
    if (wasOpen && !this.isOpen(me, other)) conversation.standStill();
    if (!wasOpen && this.isOpen(me, other)) conversation.goOn();
    return this.told(me, after, (belief) => belief.change(me, other, changes));
  }

  // Friends

  ask(me: Who, other: Who, id: string): Asked | Refused {
    const asked = this.tryAsk(me, other, id);
    this.mustBelieve(me, 'kind' in asked ? asked.kind : asked, (belief) => {
      const believed = belief.tryAsk(me, other, id);
      return 'kind' in believed ? believed.kind : believed;
    });
    if ('kind' in asked) this.showAsked(me, other, asked);
    if ('kind' in asked && asked.kind === 'befriended') this.typings.doubt(me, other);
    return asked;
  }

  /** What the one who was asked may see of it: one's own request made way for the other's as if it were declined. */
  private showAsked(me: Who, other: Who, asked: Asked): void {
    const belief = this.beliefs.get(other)?.bond(me, other);
    if (asked.kind === 'befriended') belief?.ask(me, other, '', false);
    if (asked.kind !== 'asked' || asked.isHidden) return;
    if (asked.replaced) belief?.close(other);
    belief?.ask(me, other, asked.id, false);
  }

  private tryAsk(me: Who, other: Who, id: string): Asked | Refused {
    const bond = this.bond(me, other);
    if (this.blocks(me, other)) return { code: 'recipient_blocked' };
    if (bond.areFriends) return { code: 'already_friends' };
    return bond.ask(me, other, id, this.blocks(other, me));
  }

  accept(me: Who, other: Who, id: string): 'befriended' | 'same' | 'not_found' {
    const outcome = this.bond(me, other).accept(me, other, id);
    this.mustBelieve(me, outcome, (belief) => belief.bond(me, other).accept(me, other, id));
    if (outcome === 'befriended') this.beliefs.get(other)?.bond(me, other).accept(me, other, id);
    if (outcome === 'befriended') this.typings.doubt(me, other);
    return outcome;
  }

  /** Declining another's request, or taking one's own back. @returns whether there was one */
  close(me: Who, asker: Who, other: Who, id: string): boolean {
    const isThere = this.bond(me, other).visibleTo(me, asker)?.id === id;
    if (isThere) this.bond(me, other).close(asker);
    this.mustBelieve(me, isThere, (belief) => {
      const isBelieved = belief.bond(me, other).visibleTo(me, asker)?.id === id;
      if (isBelieved) belief.bond(me, other).close(asker);
      return isBelieved;
    });
    const belief = this.beliefs.get(other)?.bond(me, other);
    if (isThere && belief?.requests.get(asker)?.id === id) belief.close(asker);
    return isThere;
  }

  unfriend(me: Who, other: Who): boolean {
    const { areFriends } = this.bond(me, other);
    if (areFriends) this.typings.endBoth(me, other);
    if (areFriends) this.bond(me, other).end();
    return this.told(me, areFriends, (belief) => belief.unfriend(me, other));
  }

  // Beliefs

  /** @throws Error if somebody could notice a block: what they see is not what they saw if there were none */
  mustKeepBlocksSecret(): void {
    for (const [who, belief] of this.beliefs) {
      for (const other of othersOf(who)) {
        mustShowNoBlock(
          `What ${who} sees of ${other}`,
          sightOf(this, who, other),
          sightOf(belief, who, other),
        );
      }
    }
  }

  /** It happens in the beliefs too; who did it must be answered the same, and what is refused is no news to others. */
  private told<T>(me: Who, outcome: T, act: (belief: World) => T): T {
    this.mustBelieve(me, outcome, act);
    const isRefused = typeof outcome === 'object' && outcome !== null && 'code' in outcome;
    for (const other of othersOf(me)) {
      const belief = isRefused ? undefined : this.beliefs.get(other);
      if (belief) act(belief);
    }
    return outcome;
  }

  private mustBelieve<T>(me: Who, outcome: T, act: (belief: World) => T): void {
    const belief = this.beliefs.get(me);
    if (belief) mustShowNoBlock(`The answer to ${me}`, outcome, act(belief));
  }
}

function found<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
