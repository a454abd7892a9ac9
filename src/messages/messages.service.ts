import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChatError } from '../common/errors/chat-error.js';
import type { Identity } from '../common/identity.js';
import { conversationIdOf, newId } from '../database/ids.js';
import { type ConversationEnd, type EventEnvelope, isEvent } from '../realtime/bus.js';
import type { Message } from '../realtime/wire.js';
import { Realtime } from '../realtime/realtime.js';
import type { SocketEvent } from '../realtime/socket-event.js';
import { UsersService } from '../users/users.service.js';
import type { SendMessageDto } from './dto/send-message.dto.js';
import { type Draft, hasSameContent, type StoredMessage, toWire } from './message.js';
import { MessageMetrics } from './message-metrics.js';
import { MessageLog } from './message-log.js';
import { MessagesRepository } from './messages.repository.js';
import { headAfter } from './numbering.js';
import { PendingSend, type Sent } from './pending-send.js';
import { NO_RECEIPTS, sideOf, statusOf } from './receipts.js';
import { ReceiptsRepository } from './receipts.repository.js';
import { Relations, type Relation } from './relations.js';
import { TypingService } from './typing.service.js';

/** How long it may take until it is known whether a message is stored, in milliseconds. */
const SEND_DEADLINE = 15_000;

/** Sending: who may, exactly once, in order, and who is told. */
@Injectable()
export class MessagesService implements OnModuleInit {
  constructor(
    private readonly log: MessageLog,
    private readonly relations: Relations,
    private readonly repository: MessagesRepository,
    private readonly receipts: ReceiptsRepository,
    private readonly users: UsersService,
    private readonly typing: TypingService,
    private readonly realtime: Realtime,
    private readonly metrics: MessageMetrics,
  ) {}

  onModuleInit(): void {
    this.log.serve({
      stored: (message, send) => this.tellStored(message, send),
      recheck: (sends) => this.recheck(sends),
    });
    this.realtime.onRelayed((envelope) => this.hearRelayed(envelope));
  }

  /**
   * Sends a message. Resolved once it is durable on a majority; the same `clientMessageId` again gives the
   * stored message and stores nothing.
   *
   * @param event - the event that it came by, which keeps its order and is told by its acknowledgement
   * @returns the message, and whether this call stored it
   * @throws ChatError `to_oneself`, `not_found`, `recipient_blocked`, `not_friends`, `client_message_id_reused`,
   *   `outcome_unknown` after 15 s, `unavailable` where it is known that nothing was stored
   */
  async send(
    me: Identity,
    body: SendMessageDto,
    event?: SocketEvent,
  ): Promise<{ message: Message; isNew: boolean }> {
    await event?.turn.mine();
    const draft = draftOf(me.userId, body);
    const outcome = this.measured(this.enter(draft, event?.socket.id));
    event?.turn.pass();
    const { message, isNew } = await outcome;
    if (isNew) return { message: toWire(message, 'sent'), isNew };
    return { message: await this.replay(message, draft), isNew };
  }

  private async measured(outcome: Promise<Sent>): Promise<Sent> {
    const stopTimer = this.metrics.sendSeconds.startTimer();
    try {
      const sent = await outcome;
      this.metrics.sends.inc({ outcome: sent.isNew ? 'stored' : 'repeated' });
      return sent;
    } catch (error) {
      this.metrics.sends.inc({ outcome: 'refused' });
      throw error;
    } finally {
      stopTimer();
    }
  }

  /** A repeat may mean that the push was lost with a crash, so it is pushed again to whom was not given it. */
  private async replay(message: StoredMessage, draft: Draft): Promise<Message> {
    if (!hasSameContent(message, draft)) throw new ChatError('client_message_id_reused');
    const [{ isSenderBlocked }, receipts] = await Promise.all([
      this.relations.read(draft),
      this.receipts.find([message.conversationId]),
    ]);
    const known = receipts.get(message.conversationId) ?? NO_RECEIPTS;
    const isGiven = statusOf(message, known, message.recipientId) !== 'sent';
    if (!isSenderBlocked && !isGiven) this.tellRecipient(message, toWire(message, 'sent'));
    return toWire(message, statusOf(message, known, message.senderId));
  }

  /** Takes the place in the order at once; the checks and the write follow. */
  private enter(draft: Draft, exceptSocket: string | undefined): Promise<Sent> {
    const send = new PendingSend(draft, exceptSocket);
    const twin = this.log.twinOf(send);
    if (twin) return twin.outcome.then(({ message }) => ({ message, isNew: false }));
    this.log.enter(send);
    void this.check(send);
    return this.untilDeadline(send);
  }

  private async untilDeadline(send: PendingSend): Promise<Sent> {
    const timer = setTimeout(
      () => send.fail(new ChatError(send.wasAttempted ? 'outcome_unknown' : 'unavailable')),
      SEND_DEADLINE,
    );
    try {
      return await send.outcome;
    } finally {
      clearTimeout(timer);
      this.log.release(send);
      // Those behind it in its line need not wait for it any more.
      this.log.wake();
    }
  }

  private async check(send: PendingSend): Promise<void> {
    try {
      const relation = await this.relations.read(send.draft);
      if (mayTalk(relation)) {
        send.relation = relation;
        this.log.wake();
      } else {
        await this.refuse(send, relation);
      }
    } catch (error) {
      send.fail(error);
    }
  }

  /** An idempotency key is looked up before friendship and blocks are: a replay is answered after unfriending too. */
  private async refuse(send: PendingSend, relation: Relation): Promise<void> {
    const { recipientId } = send.draft;
    const [stored] = (await this.repository.findTwins([send.draft])).values();
    if (stored) send.succeed({ message: stored, isNew: false });
    else if (!(await this.users.exists(recipientId))) send.fail(new ChatError('not_found'));
    else send.fail(new ChatError(relation.isRecipientBlocked ? 'recipient_blocked' : 'not_friends'));
  }

  private async recheck(sends: PendingSend[]): Promise<void> {
    await Promise.all(
      sends.map(async (send) => {
        const relation = await this.relations.read(send.draft);
        if (mayTalk(relation)) send.relation = relation;
        else await this.refuse(send, relation);
      }),
    );
  }

  /** Another node has stored a message of somebody who is here. */
  private hearRelayed(envelope: EventEnvelope): void {
    if (envelope.end) this.log.learn(envelope.end);
    if (!isEvent(envelope, 'messageSent')) return;
    const { senderId, recipientId } = envelope.payload;
    this.typing.end(senderId, recipientId, performance.now());
  }

  private tellStored(message: StoredMessage, send: PendingSend): void {
    const { senderId, recipientId, conversationId, seq } = message;
    this.typing.end(senderId, recipientId, send.enteredAt);
    const shown = toWire(message, 'sent');
    const end = endAfter(message, shown.createdAt);
    this.tellRecipient(message, shown, end);
    // One that is past its deadline was told that the outcome is unknown, so its socket learns it here.
    const exceptSocket = send.isSettled ? undefined : send.exceptSocket;
    const place = { conversationId, seq, previous: previousOf(message, senderId), isReceived: false };
    this.realtime.tell(senderId, 'messageSent', shown, { place, exceptSocket, end });
  }

  private tellRecipient(message: StoredMessage, shown: Message, end?: ConversationEnd): void {
    if (message.hidden) return;
    const { conversationId, seq, recipientId } = message;
    const place = { conversationId, seq, previous: previousOf(message, recipientId), isReceived: true };
    this.realtime.tell(recipientId, 'receiveMessage', shown, { place, end });
  }
}

function endAfter(message: StoredMessage, createdAt: string): ConversationEnd {
  const { seq, tally, visible } = headAfter(message);
  return { conversationId: message.conversationId, seq, tally, visible, createdAt };
}

/** The number before the message that this person may see, where it is known. */
function previousOf({ previous, senderId, recipientId }: StoredMessage, userId: string): number | undefined {
  return previous?.[sideOf(userId, userId === senderId ? recipientId : senderId)];
}

function mayTalk({ areFriends, isRecipientBlocked }: Relation): boolean {
  return areFriends && !isRecipientBlocked;
}

function draftOf(senderId: string, body: SendMessageDto): Draft {
  const { recipientId, text = '', attachment, clientMessageId } = body;
  if (recipientId === senderId) throw new ChatError('to_oneself');
  if (text === '' && !attachment) throw ChatError.invalid('text', 'may be empty only with an attachment');
  return {
    _id: newId(),
    conversationId: conversationIdOf(senderId, recipientId),
    senderId,
    recipientId,
    text,
    ...(attachment && { attachment: { type: attachment.type, url: attachment.url } }),
    ...(clientMessageId !== undefined && { clientMessageId }),
  };
}
