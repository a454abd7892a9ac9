import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { inBackground } from '../common/background.js';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { conversationIdOf } from '../database/ids.js';
import { DeliveryPort, type GivenRange } from '../realtime/delivery-port.js';
import { Realtime } from '../realtime/realtime.js';
import type { StatusChange } from '../realtime/wire.js';
import { UsersService } from '../users/users.service.js';
import { type Receipt, ReceiptLog, type Received } from './receipt-log.js';
import type { Watermarks } from './receipts.js';

/** A part of the history that was given to somebody. */
export interface Fetched {
  conversationId: string;
  userId: string;
  /** The first number that the part speaks of, and the last message in it. */
  from: number;
  to: number;
}

/** Receiving and reading: how far each person is, and who is told. */
@Injectable()
export class ReceiptsService implements OnModuleInit {
  private readonly logger = new Logger(ReceiptsService.name);

  constructor(
    private readonly log: ReceiptLog,
    private readonly users: UsersService,
    private readonly realtime: Realtime,
    private readonly delivery: DeliveryPort,
  ) {}

  onModuleInit(): void {
    this.log.serve((receipt, received) => this.tell(receipt, received));
    this.delivery.register((userId, ranges) => {
      for (const range of ranges) this.confirm(userId, range);
    });
  }

  /**
   * A device says that it has the messages of a conversation up to and including this number.
   *
   * @throws ChatError `not_found` for a conversation that is not theirs, `seq_out_of_range` above their last number
   */
  async markDelivered(me: Identity, conversationId: string, seq: number, fromSocket?: string): Promise<void> {
    await this.log.take({ conversationId, userId: me.userId, kind: 'delivered', to: seq, fromSocket });
  }

  /** The same for reading, which implies that it was delivered. */
  async markRead(me: Identity, conversationId: string, seq: number, fromSocket?: string): Promise<void> {
    await this.log.take({ conversationId, userId: me.userId, kind: 'read', to: seq, fromSocket });
  }

  /**
   * Marks the conversation with the other person as read.
   *
   * @returns how many messages of the other are unread now
   * @throws ChatError `not_found` for an unknown person, `to_oneself`, `seq_out_of_range`
   */
  async markReadWith(me: Identity, otherUserId: string, seq: number): Promise<number> {
    if (otherUserId === me.userId) throw new ChatError('to_oneself');
    await this.users.requireExists(otherUserId);
    const conversationId = conversationIdOf(me.userId, otherUserId);
    try {
      const { unreadCount } = await this.log.take({
        conversationId,
        userId: me.userId,
        kind: 'read',
        to: seq,
      });
      return unreadCount;
    } catch (error) {
      // The person exists, so what does not is a message with this number.
      if (error instanceof ChatError && error.code === 'not_found') throw new ChatError('seq_out_of_range');
      throw error;
    }
  }

  /** A part of the history was fetched; it counts only if it begins where what was delivered ends. */
  async markFetched(fetched: Fetched): Promise<Watermarks> {
    return (await this.log.take({ ...fetched, kind: 'delivered' })).after;
  }

  /** The conversation was opened: fetched and read. */
  async markOpened(fetched: Fetched): Promise<Watermarks> {
    return (await this.log.take({ ...fetched, kind: 'read' })).after;
  }

  private confirm(userId: string, range: GivenRange): void {
    const taken = this.log.take({ ...range, userId, kind: 'delivered' });
    inBackground(this.logger, 'Storing a delivery', taken);
  }

  private tell(
    { conversationId, userId, fromSocket }: Receipt,
    { otherUserId, before, after }: Received,
  ): void {
    const at = new Date().toISOString();
    const change = (status: StatusChange['status'], seq: number) => ({
      conversationId,
      userId,
      status,
      seq,
      at,
    });
    if (after.shownDelivered > Math.max(before.shownDelivered, after.shownRead)) {
      this.realtime.tell(otherUserId, 'messageStatus', change('delivered', after.shownDelivered));
    }
    if (after.shownRead > before.shownRead) {
      this.realtime.tell(otherUserId, 'messageStatus', change('read', after.shownRead));
    }
    if (after.read > before.read) {
      this.realtime.tell(userId, 'messageStatus', change('read', after.read), { exceptSocket: fromSocket });
    }
  }
}
