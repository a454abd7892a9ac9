import type { EventEnvelope, Place } from './bus.js';
import { CatchUp } from './catch-up.js';
import type { MessageRange, Standing } from './catch-up-port.js';
import type { ChatSocket } from './chat-socket.js';
import type { GivenRange } from './delivery-port.js';
import { Heartbeat } from './heartbeat.js';
import { Lane } from './lane.js';
import type { Message } from './wire.js';

/** What an outbox needs of others. */
export interface OutboxHooks {
  /** Told what has surely arrived. */
  confirm(ranges: GivenRange[]): void;
  /** Reads where each conversation of the person stands. */
  standings(): Promise<Standing[]>;
  /** Reads messages as the person may see them, by conversation. */
  read(ranges: MessageRange[]): Promise<Map<string, Message[]>>;
  /** Told of a message whose predecessor was not given. */
  holeFound(): void;
  /** Told how many messages were given from the store. */
  replayed(count: number): void;
  /** Told when what the connection lacks cannot be read. */
  fail(error: unknown): void;
}

/**
 * All that is told to one socket goes through its outbox, in order. It holds back what comes before the socket is
 * admitted, replays what no device has confirmed, gives each message once and none before the one in front of it,
 * and learns by heartbeat what has arrived.
 */
export class Outbox {
  private held: EventEnvelope[] | undefined = [];
  private readonly lanes = new Map<string, Lane>();
  /**
   * Up to where the client has the conversations of which nothing was given yet; unknown for one that wants no
   * replay, until its first sync.
   */
  private starts: Map<string, number> | undefined;
  /** Conversations of which something was given since the last ping. */
  private readonly unconfirmed = new Set<string>();
  private readonly heartbeat: Heartbeat;
  private readonly catchUp: CatchUp;
  private isConfirming = false;
  private mayLack = false;

  constructor(
    private readonly socket: ChatSocket,
    private readonly hooks: OutboxHooks,
  ) {
    this.heartbeat = new Heartbeat(
      socket,
      () => this.takeUnconfirmed(),
      (ranges) => hooks.confirm(ranges),
    );
    this.catchUp = new CatchUp({
      read: (ranges) => hooks.read(ranges),
      give: (lane, messages) => this.giveRead(lane, messages),
      arrived: () => this.heartbeat.roundTrip(),
    });
  }

  /** Gives the event to the socket, or holds it until the socket is admitted. */
  give(envelope: EventEnvelope): void {
    if (this.held) this.held.push(envelope);
    else this.write(envelope);
  }

  /**
   * Ends the holding back: gives what no device has confirmed, then says `ready`. What is told meanwhile does not
   * wait, but for the conversations that are replayed.
   *
   * @param standings - `undefined` for a client that wants no replay
   */
  async open(standings: Standing[] | undefined): Promise<void> {
    const held = this.held ?? [];
    if (standings) this.begin(standings, held);
    this.held = undefined;
    for (const envelope of held) this.write(envelope);
    await this.catchUp.run();
    const { userId, sessionId } = this.socket.data.user;
    this.socket.emit('ready', { userId, sessionId });
    if (this.mayLack) this.closeHoles();
  }

  /** Events may have been lost on the way: gives what is missing. */
  closeHoles(): void {
    this.mayLack = this.held !== undefined;
    if (!this.mayLack) this.readHoles().catch((error: unknown) => this.hooks.fail(error));
  }

  /**
   * The client has synced: it has each conversation up to a number, and from now on its heartbeats count.
   *
   * @param upTo - by conversation; `undefined` where only the fact is known
   */
  synced(upTo?: Map<string, number>): void {
    if (upTo) this.starts = upTo;
    for (const lane of this.lanes.values()) lane.skipTo(upTo?.get(lane.conversationId) ?? 0);
    this.isConfirming = true;
    if (this.unconfirmed.size > 0) this.heartbeat.askSoon();
  }

  private async readHoles(): Promise<void> {
    // A client that has not synced yet is given what it lacks by its sync.
    if (!this.starts) return;
    for (const { conversationId, lastSeq } of await this.hooks.standings()) {
      const lane = this.lanes.get(conversationId) ?? this.laneIfBehind(conversationId, lastSeq);
      lane?.expect(lastSeq);
      if (lane?.isBehind) this.catchUp.add(lane);
    }
    await this.catchUp.run();
  }

  private laneIfBehind(conversationId: string, lastSeq: number): Lane | undefined {
    const start = this.starts?.get(conversationId) ?? 0;
    return lastSeq > start ? this.addLane(conversationId, start) : undefined;
  }

  private begin(standings: Standing[], held: EventEnvelope[]): void {
    this.isConfirming = true;
    this.starts = new Map();
    for (const { conversationId, lastSeq, confirmed } of standings) {
      const start = Math.min(lastSeq, firstOwn(held, conversationId) - 1);
      if (confirmed >= start) {
        this.starts.set(conversationId, start);
      } else {
        const lane = this.addLane(conversationId, confirmed, start);
        lane.expect(lastSeq);
        this.catchUp.add(lane);
      }
    }
  }

  private write(envelope: EventEnvelope): void {
    const isSentHere = envelope.exceptSocket === this.socket.id;
    const { place } = envelope;
    if (place) {
      const lane = this.laneOf(place);
      const { isBehind } = lane;
      const verdict = lane.take(place.seq, place.previous, isSentHere);
      if (verdict === 'wait' && !isBehind) this.closeHole(lane);
      if (verdict !== 'give') return;
    }
    if (isSentHere) return;
    this.socket.emit(envelope.event, ...([envelope.payload] as never));
    if (place?.isReceived) this.expectPong(place.conversationId);
  }

  /** What the store has of a conversation that was behind. */
  private giveRead({ conversationId }: Lane, messages: Message[]): void {
    this.hooks.replayed(messages.length);
    const { userId } = this.socket.data.user;
    for (const message of messages) {
      if (message.senderId === userId) {
        this.socket.emit('messageSent', message);
      } else {
        this.socket.emit('receiveMessage', message);
        this.expectPong(conversationId);
      }
    }
  }

  private closeHole(lane: Lane): void {
    this.hooks.holeFound();
    this.catchUp.add(lane);
    this.catchUp.run().catch((error: unknown) => this.hooks.fail(error));
  }

  private expectPong(conversationId: string): void {
    this.unconfirmed.add(conversationId);
    if (this.isConfirming) this.heartbeat.askSoon();
  }

  private laneOf({ conversationId, seq, previous = seq - 1 }: Place): Lane {
    const start = this.starts ? (this.starts.get(conversationId) ?? 0) : previous;
    return this.lanes.get(conversationId) ?? this.addLane(conversationId, start);
  }

  private addLane(conversationId: string, start: number, ownAfter?: number): Lane {
    const lane = new Lane(conversationId, this.socket.data.user.userId, start, ownAfter);
    this.lanes.set(conversationId, lane);
    this.starts?.delete(conversationId);
    return lane;
  }

  private takeUnconfirmed(): GivenRange[] {
    if (!this.isConfirming) return [];
    const ranges = [...this.unconfirmed].map((conversationId) => {
      const { from, to } = this.lanes.get(conversationId) as Lane;
      return { conversationId, from, to };
    });
    this.unconfirmed.clear();
    return ranges;
  }
}

/** The first message of the person's own that was told of a conversation; another device sent it just now. */
function firstOwn(held: EventEnvelope[], conversationId: string): number {
  const own = held.flatMap(({ place }) =>
    place?.conversationId === conversationId && !place.isReceived ? [place.seq] : [],
  );
  return Math.min(...own, Number.MAX_SAFE_INTEGER);
}
