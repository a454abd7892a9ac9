import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { inBackground } from '../common/background.js';
import { DomainEvents } from '../common/domain-events.js';
import type { Identity } from '../common/identity.js';
import { type EventEnvelope, isEvent } from '../realtime/bus.js';
import { Realtime } from '../realtime/realtime.js';
import type { SocketEvent } from '../realtime/socket-event.js';
import { RelayedTypings } from './relayed-typings.js';
import { Relations } from './relations.js';

/** Typing ends by itself after this long without renewal, in milliseconds; it is checked again as often. */
const TYPING_LASTS = 6000;

/** One who stops and begins again is told of once in this long, in milliseconds. */
const TOLD_ONCE_IN = 1000;

/**
 * One that another node shows ends this long after it was renewed last, in milliseconds: a second may pass until a
 * renewal is told, and its end has a second for its way.
 */
const RELAYED_LASTS = TYPING_LASTS + TOLD_ONCE_IN + 1000;

interface Typing {
  typistId: string;
  otherId: string;
  /** The socket that began or renewed it last. */
  socketId: string;
  isShown: boolean;
  /** By the monotonic clock, in milliseconds. */
  begunAt: number;
  checkedAt: number;
  /** When other nodes heard last that it goes on. */
  toldAt: number;
  timer: NodeJS.Timeout;
  /** Until it may be told of, where the last one was just now. */
  waiting?: NodeJS.Timeout;
}

/**
 * Who is typing to whom. Told to the other person when it begins and when it ends, and kept nowhere else. One
 * that is not shown, since the two are no friends or one blocks the other, is kept all the same: the answer must
 * take as long as for one that is.
 */
@Injectable()
export class TypingService implements OnModuleInit, OnModuleDestroy {
  private readonly typings = new Map<string, Typing>();
  private readonly bySocket = new Map<string, Set<Typing>>();
  /** When a pair was checked last, by the monotonic clock; the latest are at the end. */
  private readonly checks = new Map<string, number>();
  private readonly elsewhere = new RelayedTypings(RELAYED_LASTS, (senderId, otherId) =>
    this.realtime.tellHere(otherId, 'typingStatus', { senderId, isTyping: false }),
  );
  private readonly logger = new Logger(TypingService.name);

  constructor(
    private readonly relations: Relations,
    private readonly realtime: Realtime,
    private readonly events: DomainEvents,
  ) {}

  onModuleInit(): void {
    this.events.on('connection.closed', ({ socketId }) => {
      for (const typing of this.bySocket.get(socketId) ?? []) this.finish(typing);
    });
    this.events.on('block.changed', ({ blockerId, blockedId }) => this.endBoth(blockerId, blockedId));
    this.events.on('friendship.ended', ({ userId, otherUserId }) => this.endBoth(userId, otherUserId));
    this.realtime.onRelayed((envelope) => this.hearRelayed(envelope));
  }

  onModuleDestroy(): void {
    for (const { timer, waiting } of this.typings.values()) {
      clearTimeout(timer);
      clearTimeout(waiting);
    }
    this.elsewhere.close();
  }

  /** Begins or renews typing. To someone who is not a friend, or across a block, it goes nowhere. */
  async start(me: Identity, otherId: string, { socket, turn }: SocketEvent): Promise<void> {
    await turn.mine();
    // Its end may have been told before the event got here.
    if (!socket.connected) return;
    const typing = this.renew(me.userId, otherId, socket.id);
    turn.pass();
    const now = performance.now();
    if (typing.isShown) this.tellGoesOn(typing, now);
    if (now - typing.checkedAt < TYPING_LASTS) return;
    typing.checkedAt = now;
    const wait = (this.checks.get(keyOf(me.userId, otherId)) ?? -Infinity) + TOLD_ONCE_IN - now;
    if (wait > 0) this.checkIn(wait, typing);
    else await this.check(typing);
  }

  /** Stops typing. */
  async stop(me: Identity, otherId: string, { turn }: SocketEvent): Promise<void> {
    await turn.mine();
    this.end(me.userId, otherId);
  }

  /**
   * Ends a typing that may be going on, as when its message was sent.
   *
   * @param begunBefore - one that began later goes on; by the monotonic clock, in milliseconds
   */
  end(typistId: string, otherId: string, begunBefore = Infinity): void {
    const typing = this.typings.get(keyOf(typistId, otherId));
    if (typing && typing.begunAt <= begunBefore) this.finish(typing);
  }

  private endBoth(one: string, other: string): void {
    for (const [typistId, otherId] of [
      [one, other],
      [other, one],
    ] as const) {
      this.end(typistId, otherId);
      this.elsewhere.end(typistId, otherId);
    }
  }

  /** Something was told by another node to somebody who is here. */
  private hearRelayed(envelope: EventEnvelope): void {
    const { userId, isRenewal } = envelope;
    if (isEvent(envelope, 'typingStatus')) {
      const { senderId, isTyping } = envelope.payload;
      if (isRenewal) this.elsewhere.renew(senderId, userId);
      else if (isTyping) this.elsewhere.begin(senderId, userId);
      else this.elsewhere.forget(senderId, userId);
    } else if (isEvent(envelope, 'conversationUpdated')) {
      const { otherUserId, isBlocked } = envelope.payload;
      if (isBlocked) this.endBoth(userId, otherUserId);
    } else if (isEvent(envelope, 'friendRemoved')) {
      this.endBoth(userId, envelope.payload.userId);
    }
  }

  /** The nodes of the other person would take it for ended otherwise. */
  private tellGoesOn(typing: Typing, now: number): void {
    if (now - typing.toldAt < TOLD_ONCE_IN) return;
    typing.toldAt = now;
    const status = { senderId: typing.typistId, isTyping: true };
    this.realtime.tell(typing.otherId, 'typingStatus', status, { isRenewal: true });
  }

  private renew(typistId: string, otherId: string, socketId: string): Typing {
    const known = this.typings.get(keyOf(typistId, otherId));
    if (!known) return this.begin(typistId, otherId, socketId);
    known.timer.refresh();
    this.leaveSocket(known);
    known.socketId = socketId;
    this.joinSocket(known);
    return known;
  }

  private begin(typistId: string, otherId: string, socketId: string): Typing {
    const timer = setTimeout(() => this.finish(typing), TYPING_LASTS).unref();
    const begunAt = performance.now();
    const typing: Typing = {
      typistId,
      otherId,
      socketId,
      isShown: false,
      begunAt,
      checkedAt: -Infinity,
      toldAt: -Infinity,
      timer,
    };
    this.typings.set(keyOf(typistId, otherId), typing);
    this.joinSocket(typing);
    return typing;
  }

  private checkIn(ms: number, typing: Typing): void {
    typing.waiting = setTimeout(
      () => inBackground(this.logger, 'Telling that somebody types', this.check(typing)),
      ms,
    ).unref();
  }

  private async check(typing: Typing): Promise<void> {
    this.noteCheck(keyOf(typing.typistId, typing.otherId));
    try {
      const relation = await this.relations.read({ senderId: typing.typistId, recipientId: typing.otherId });
      const mayShow = relation.areFriends && !relation.isRecipientBlocked && !relation.isSenderBlocked;
      if (this.isCurrent(typing)) this.show(typing, mayShow);
    } catch (error) {
      this.checks.delete(keyOf(typing.typistId, typing.otherId));
      this.finish(typing);
      throw error;
    }
  }

  private noteCheck(key: string): void {
    const now = performance.now();
    this.checks.delete(key);
    this.checks.set(key, now);
    for (const [one, at] of this.checks) {
      if (now - at < TOLD_ONCE_IN) break;
      this.checks.delete(one);
    }
  }

  private show(typing: Typing, isTyping: boolean): void {
    if (typing.isShown === isTyping) return;
    typing.isShown = isTyping;
    typing.toldAt = performance.now();
    this.elsewhere.forget(typing.typistId, typing.otherId);
    this.realtime.tell(typing.otherId, 'typingStatus', { senderId: typing.typistId, isTyping });
  }

  private finish(typing: Typing): void {
    if (!this.isCurrent(typing)) return;
    clearTimeout(typing.timer);
    clearTimeout(typing.waiting);
    this.typings.delete(keyOf(typing.typistId, typing.otherId));
    this.leaveSocket(typing);
    this.show(typing, false);
  }

  private isCurrent(typing: Typing): boolean {
    return this.typings.get(keyOf(typing.typistId, typing.otherId)) === typing;
  }

  private joinSocket(typing: Typing): void {
    const ofSocket = this.bySocket.get(typing.socketId) ?? new Set();
    this.bySocket.set(typing.socketId, ofSocket.add(typing));
  }

  private leaveSocket(typing: Typing): void {
    const ofSocket = this.bySocket.get(typing.socketId);
    ofSocket?.delete(typing);
    if (ofSocket?.size === 0) this.bySocket.delete(typing.socketId);
  }
}

function keyOf(typistId: string, otherId: string): string {
  return typistId + otherId;
}
