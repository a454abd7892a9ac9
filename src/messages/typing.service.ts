import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events.js';
import type { Identity } from '../common/identity.js';
import { Realtime } from '../realtime/realtime.js';
import { Turn } from '../realtime/turn.js';
import { Relations } from './relations.js';

/** Typing ends by itself after this long without renewal, in milliseconds. */
const TYPING_LASTS = 6000;

interface Typing {
  typistId: string;
  otherId: string;
  socketId: string;
  isShown: boolean;
  timer: NodeJS.Timeout;
}

/** Who is typing to whom. Told to the other person when it begins and when it ends, and kept nowhere else. */
@Injectable()
export class TypingService implements OnModuleInit, OnModuleDestroy {
  private readonly typings = new Map<string, Typing>();
  private readonly bySocket = new Map<string, Set<Typing>>();

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
  }

  onModuleDestroy(): void {
    for (const typing of this.typings.values()) clearTimeout(typing.timer);
  }

  /** Begins or renews typing. To someone who is not a friend, or across a block, it goes nowhere. */
  async start(me: Identity, otherId: string, socketId: string): Promise<void> {
    const turn = Turn.current();
    await turn?.mine();
    const known = this.typings.get(keyOf(me.userId, otherId));
    if (known) {
      known.timer.refresh();
      return;
    }
    const typing = this.begin(me.userId, otherId, socketId);
    turn?.pass();
    try {
      const relation = await this.relations.read({ senderId: me.userId, recipientId: otherId });
      if (!relation.areFriends || relation.isRecipientBlocked || relation.isSenderBlocked)
        this.finish(typing);
      else if (this.isCurrent(typing)) this.show(typing);
    } catch (error) {
      this.finish(typing);
      throw error;
    }
  }

  /** Stops typing. */
  async stop(me: Identity, otherId: string): Promise<void> {
    await Turn.current()?.mine();
    this.end(me.userId, otherId);
  }

  /** Ends a typing that may be going on, as when its message was sent. */
  end(typistId: string, otherId: string): void {
    const typing = this.typings.get(keyOf(typistId, otherId));
    if (typing) this.finish(typing);
  }

  private endBoth(one: string, other: string): void {
    this.end(one, other);
    this.end(other, one);
  }

  private begin(typistId: string, otherId: string, socketId: string): Typing {
    const timer = setTimeout(() => this.finish(typing), TYPING_LASTS).unref();
    const typing: Typing = { typistId, otherId, socketId, isShown: false, timer };
    this.typings.set(keyOf(typistId, otherId), typing);
    const ofSocket = this.bySocket.get(socketId) ?? new Set();
    this.bySocket.set(socketId, ofSocket.add(typing));
    return typing;
  }

  private show(typing: Typing): void {
    typing.isShown = true;
    this.realtime.tell(typing.otherId, 'typingStatus', { senderId: typing.typistId, isTyping: true });
  }

  private finish(typing: Typing): void {
    if (!this.isCurrent(typing)) return;
    clearTimeout(typing.timer);
    this.typings.delete(keyOf(typing.typistId, typing.otherId));
    const ofSocket = this.bySocket.get(typing.socketId);
    ofSocket?.delete(typing);
    if (ofSocket?.size === 0) this.bySocket.delete(typing.socketId);
    if (!typing.isShown) return;
    this.realtime.tell(typing.otherId, 'typingStatus', { senderId: typing.typistId, isTyping: false });
  }

  private isCurrent(typing: Typing): boolean {
    return this.typings.get(keyOf(typing.typistId, typing.otherId)) === typing;
  }
}

function keyOf(typistId: string, otherId: string): string {
  return typistId + otherId;
}
