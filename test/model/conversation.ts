import type { Attachment, ConversationState, Message, MessageStatus } from '../../src/realtime/wire.js';
import type { PhoneName, Who } from './people.js';
import { type Mark, Progress } from './progress.js';

/** What somebody wants to say. */
export interface Draft {
  by: Who;
  to: Who;
  text: string;
  attachment?: Attachment | undefined;
  key?: string | undefined;
}

/** What was said, with its place. */
export interface Said extends Draft {
  seq: number;
  /** Written behind a block: it exists for its sender alone, for ever. */
  isHidden: boolean;
  /** As it was answered to its sender. */
  wire?: Omit<Message, 'status'>;
}

/** A message that was pushed to a device: its heartbeat is to say so soon. */
interface Push {
  phone: PhoneName;
  reader: Who;
  seq: number;
  /** Whether no block stood then or has stood since. */
  isShown: boolean;
}

/** Where a reader's page of the history lies. */
export interface Page {
  /** The first number that it speaks of. */
  from: number;
  /** The last message in it. */
  to: number;
  /** All that are in it. */
  seqs: number[];
}

const STATUSES: readonly MessageStatus[] = ['sent', 'delivered', 'read'];

/** A conversation of two: the contract's sections 5 and 6 for one pair. */
export class Conversation {
  readonly said: Said[] = [];
  private pushes: Push[] = [];
  private readonly progress: ReadonlyMap<Who, Progress>;

  constructor(readonly pair: readonly [Who, Who]) {
    this.progress = new Map(pair.map((who) => [who, new Progress()]));
  }

  of(who: Who): Progress {
    return this.progress.get(who) as Progress;
  }

  otherOf(who: Who): Who {
    return this.pair[0] === who ? this.pair[1] : this.pair[0];
  }

  visibleTo(viewer: Who): Said[] {
    return this.said.filter(({ isHidden, by }) => !isHidden || by === viewer);
  }

  lastSeq(viewer: Who): number {
    return this.visibleTo(viewer).at(-1)?.seq ?? 0;
  }

  /** The number of messages of the other above the read mark that one would find in the history. */
  unread(viewer: Who, readUpTo: number): number {
    return this.received(viewer).filter(({ seq }) => seq > readUpTo).length;
  }

  append(draft: Draft, isHidden: boolean, isShown: boolean): Said {
    const said = { ...draft, seq: this.said.length + 1, isHidden };
    this.said.push(said);
    // One's own messages are no hole: a heartbeat may count them in.
    this.reach(draft.by, [], isShown);
    return said;
  }

  byKey(by: Who, key: string | undefined): Said | undefined {
    return key === undefined ? undefined : this.said.find((said) => said.by === by && said.key === key);
  }

  /** A message reaches a device of its reader, which will confirm it. */
  push(reader: Who, phone: PhoneName, seq: number, isShown: boolean): void {
    this.pushes.push({ phone, reader, seq, isShown });
    this.reach(reader, [seq], isShown);
  }

  /** A device is gone: what it did not confirm by now it never will. */
  forget(phone: PhoneName): void {
    this.pushes = this.pushes.filter((push) => push.phone !== phone);
  }

  /** The reader says that everything up to here has arrived. */
  confirm(reader: Who, seq: number, isShown: boolean): void {
    const upTo = this.received(reader).filter((said) => said.seq <= seq);
    this.reach(
      reader,
      upTo.map((said) => said.seq),
      isShown,
    );
    this.of(reader).delivered.raise(seq);
    if (isShown) this.show(reader);
  }

  /** The reader has read up to here, which implies that it was delivered. */
  markRead(reader: Who, seq: number, isShown: boolean): void {
    this.of(reader).read.raise(seq);
    this.confirm(reader, seq, isShown);
    if (isShown) this.showRead(reader);
  }

  /** A fetch moves a watermark only if it begins where delivered ends, and to the last one returned. */
  fetch(reader: Who, page: Page, isShown: boolean): void {
    if (page.seqs.length === 0) return;
    this.reach(reader, page.seqs, isShown);
    const { delivered } = this.of(reader);
    if (!this.goesOn(reader, page.from, delivered.sure)) return;
    delivered.raise(page.to);
    if (isShown) this.show(reader);
  }

  /** The reader opens the conversation: fetched and read. */
  open(reader: Who, page: Page, isShown: boolean): void {
    if (page.seqs.length === 0) return;
    const { delivered, read } = this.of(reader);
    const isSure = this.goesOn(reader, page.from, delivered.sure);
    if (isSure) read.raise(page.to);
    else if (this.goesOn(reader, page.from, delivered.most)) read.allow(page.to);
    this.fetch(reader, page, isShown);
    if (isSure && isShown) this.showRead(reader);
  }

  /** From now on what the two see of each other stands still: what is on its way may still be counted, no more. */
  standStill(): void {
    this.pushes = this.pushes.map((push) => ({ ...push, isShown: false }));
  }

  /** Nothing stands between them any more: what is shown may go on with whatever heartbeat comes. */
  goOn(): void {
    for (const who of this.pair) this.allowShown(who);
  }

  /** What has surely been confirmed once the devices that are there have answered their heartbeats. */
  settled(reader: Who): { delivered: number; shownDelivered: number; shownRead: number } {
    const { delivered, read, shownDelivered, shownRead } = this.of(reader);
    const pushes = this.pushes.filter((push) => push.reader === reader);
    let upTo = delivered.sure;
    for (const { seq } of this.received(reader)) {
      if (seq <= upTo) continue;
      if (!pushes.some((push) => push.seq === seq)) break;
      upTo = seq;
    }
    const shown = Math.max(
      0,
      ...pushes.filter((push) => push.isShown && push.seq <= upTo).map(({ seq }) => seq),
    );
    return {
      delivered: upTo,
      shownDelivered: Math.max(shownDelivered.sure, shown),
      shownRead: shown > 0 ? read.sure : shownRead.sure,
    };
  }

  /** What was answered to somebody of the marks. @throws Error where it is not possible */
  observe(viewer: Who, { read, delivered }: Pick<ConversationState, 'read' | 'delivered'>): void {
    const other = this.otherOf(viewer);
    const own = this.of(viewer);
    const theirs = this.of(other);
    own.delivered.observe(delivered.mine, `What was delivered to ${viewer}`);
    own.read.observe(read.mine, `What ${viewer} has read`);
    // Nothing reads by itself.
    own.read.most = read.mine;
    theirs.shownDelivered.observe(delivered.theirs, `What ${viewer} sees delivered to ${other}`);
    theirs.shownRead.observe(read.theirs, `What ${viewer} sees read by ${other}`);
  }

  /** What may be answered as the status of this message. */
  statuses({ seq, by, to }: Said, viewer: Who): MessageStatus[] {
    const { shownDelivered, shownRead, delivered, read } = this.of(to);
    const [arrived, seen] = viewer === by ? [shownDelivered, shownRead] : [delivered, read];
    const level = (bound: (mark: Mark) => number) => {
      if (seq <= bound(seen)) return 2;
      return seq <= bound(arrived) ? 1 : 0;
    };
    return STATUSES.slice(
      level(({ sure }) => sure),
      level(({ most }) => most) + 1,
    );
  }

  /** What the other says that this person may see. */
  received(reader: Who): Said[] {
    return this.visibleTo(reader).filter(({ to }) => to === reader);
  }

  /** Whether none of the other's messages lies between what was delivered and where a page begins. */
  private goesOn(reader: Who, from: number, delivered: number): boolean {
    return !this.received(reader).some(({ seq }) => seq > delivered && seq < from);
  }

  /** Delivered may now be anything up to the first message that no device was given. */
  private reach(reader: Who, seqs: number[], isShown: boolean): void {
    const { reached, delivered } = this.of(reader);
    for (const seq of seqs) reached.add(seq);
    const missing = this.received(reader).find(({ seq }) => seq > delivered.sure && !reached.has(seq));
    delivered.allow(missing ? missing.seq - 1 : this.lastSeq(reader));
    if (isShown) this.allowShown(reader);
  }

  private allowShown(reader: Who): void {
    const { delivered, read, shownDelivered, shownRead } = this.of(reader);
    shownDelivered.allow(this.past(reader, delivered.most));
    shownRead.allow(this.past(reader, read.most));
  }

  /** What is shown catches up with what is. */
  private show(reader: Who): void {
    const { delivered, read, shownDelivered, shownRead } = this.of(reader);
    shownDelivered.raise(this.past(reader, delivered.sure));
    shownRead.raise(read.sure);
  }

  /** The same for reading, which covers what is hidden behind it. */
  private showRead(reader: Who): void {
    const { read, shownRead } = this.of(reader);
    shownRead.raise(this.past(reader, read.sure));
  }

  /**
   * How far the reader is for the other: whoever comes to the last message that they may see has also come past those
   * that are hidden from them behind it.
   */
  private past(reader: Who, mark: number): number {
    return mark >= this.lastSeq(reader) ? this.said.length : mark;
  }
}
