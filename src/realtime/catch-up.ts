import { setTimeout as delay } from 'node:timers/promises';
import type { MessageRange } from './catch-up-port.js';
import type { Lane } from './lane.js';
import type { Message } from './wire.js';

/** Numbers in a page: few at first, more while they are short, so that a page is never larger than what may wait. */
const PAGE = { first: 25, least: 10, most: 200 };

/** Characters of text above which a page was large, and below which the next may be larger. */
const LARGE = 500_000;
const SMALL = 100_000;

/** Pause before a store that lags behind the news is asked again, in milliseconds. */
const PAUSE = 100;

/** Times that it is asked. */
const MOST_TRIES = 50;

/** What the catching up needs of its connection. */
export interface CatchUpHooks {
  /** Reads ranges from the store, by conversation. */
  read(ranges: MessageRange[]): Promise<Map<string, Message[]>>;
  /** Gives these messages of one lane, in order. */
  give(lane: Lane, messages: Message[]): void;
  /** Resolved when the client has all that was given so far; false when it is gone. */
  arrived(): Promise<boolean>;
}

/**
 * Gives one connection what it lacks: a page at a time, and the next only when the client has confirmed the last,
 * so that no backlog fills memory. Lanes take turns, so that a long one holds up no other.
 */
export class CatchUp {
  private readonly behind = new Set<Lane>();
  private running: Promise<void> | undefined;
  private pageSize = PAGE.first;

  constructor(private readonly hooks: CatchUpHooks) {}

  /** Lets this lane catch up, in its turn. */
  add(lane: Lane): void {
    this.behind.add(lane);
  }

  /** Resolved when no lane is behind any more, or the client is gone. Rejected when the store does not answer. */
  run(): Promise<void> {
    if (this.behind.size === 0) return Promise.resolve();
    this.running ??= this.readPages();
    return this.running;
  }

  private async readPages(): Promise<void> {
    try {
      for (let tries = 0; this.behind.size > 0;) {
        const page = this.nextPage();
        const found = await this.hooks.read([...page.values()]);
        const { given, late } = this.givePage(page, found);
        tries = late === 0 ? 0 : tries + 1;
        if (tries > MOST_TRIES) throw new Error('The store does not have what was told');
        if (late > 0) await delay(PAUSE);
        if (given > 0 && this.behind.size > 0 && !(await this.hooks.arrived())) return;
      }
    } finally {
      this.running = undefined;
    }
  }

  private nextPage(): Map<Lane, MessageRange> {
    const page = new Map<Lane, MessageRange>();
    let room = this.pageSize;
    for (const lane of this.behind) {
      if (room === 0) break;
      const range = lane.nextRange(room);
      room -= range.upTo - range.after;
      page.set(lane, range);
    }
    return page;
  }

  /** @returns how many messages were given, and how many lanes must be read again */
  private givePage(
    page: Map<Lane, MessageRange>,
    found: Map<string, Message[]>,
  ): { given: number; late: number } {
    let given = 0;
    let late = 0;
    let length = 0;
    for (const [lane, range] of page) {
      const news = lane.fill(range, found.get(lane.conversationId) ?? []);
      if (news) this.hooks.give(lane, news);
      for (const { text } of news ?? []) length += text.length;
      given += news?.length ?? 0;
      late += news ? 0 : 1;
      this.behind.delete(lane);
      if (lane.isBehind) this.behind.add(lane);
    }
    this.fitPage(length);
    return { given, late };
  }

  private fitPage(length: number): void {
    if (length > LARGE) this.pageSize = Math.max(PAGE.least, this.pageSize >> 1);
    else if (length < SMALL) this.pageSize = Math.min(PAGE.most, this.pageSize << 1);
  }
}
