import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { ChatError } from '../common/errors/chat-error.js';
import { AppConfig } from '../config/app-config.js';
import { clientAddress, networkOf } from './client-address.js';
import { Limits } from './limits.js';
import { OpenConnections } from './open-connections.js';
import { type CapName, CAPS, type LocalRule, RULES_OF_EVENT } from './rules.js';

/** What an event spends that has no rules of its own. */
const ANY_EVENT: readonly LocalRule[] = ['events'];

/** What those who have too many sockets are told to wait, in milliseconds: until some others may have gone. */
const RETRY_AFTER = 10_000;

/** The limits of sockets: how often one connects, how many are open, and what is sent over them. */
@Injectable()
export class SocketLimits {
  private readonly open = new OpenConnections();

  constructor(
    private readonly limits: Limits,
    private readonly config: AppConfig,
  ) {}

  /**
   * A request to the socket server.
   *
   * @param isNew - it asks for a new connection
   * @returns the refusal, if it is one too many
   */
  request(request: IncomingMessage, isNew: boolean): ChatError | undefined {
    const network = this.networkOf(request);
    const refusal = this.limits.spend('requests', network);
    if (refusal || !isNew) return refusal;
    return this.limits.spend('connects', network) ?? this.refusalAt('open_sockets', network);
  }

  /** A connection is open, from now until `closed`. */
  opened(connection: object, request: IncomingMessage): void {
    this.open.add(connection);
    this.open.count(connection, this.networkOf(request));
  }

  closed(connection: object): void {
    this.open.remove(connection);
  }

  /**
   * Somebody's socket wants to be let in over this connection.
   *
   * @throws ChatError `rate_limited`
   */
  admit(userId: string, connection: object): void {
    const refusal =
      this.limits.spend('connects_person', userId) ?? this.refusalAt('open_sockets_person', userId);
    if (refusal) throw refusal;
    this.open.count(connection, userId);
  }

  /**
   * An event has arrived, of whatever name and form.
   *
   * @returns the refusal, if it is one too many
   */
  event(userId: string, event: string): ChatError | undefined {
    for (const rule of RULES_OF_EVENT.get(event) ?? ANY_EVENT) {
      const refusal = this.limits.spend(rule, userId);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /** An event was refused: whether its socket goes on all the same. */
  mayGoOn(socketId: string, event: string): boolean {
    if (RULES_OF_EVENT.get(event)?.includes('receipts')) return true;
    return this.limits.spend('refused_events', socketId) === undefined;
  }

  private networkOf(request: IncomingMessage): string {
    return networkOf(clientAddress(request, this.config.TRUSTED_PROXIES));
  }

  private refusalAt(cap: CapName, whose: string): ChatError | undefined {
    if (!this.limits.areOn || this.open.of(whose) < CAPS[cap].points) return undefined;
    return this.limits.refusal(cap, RETRY_AFTER, 'Too many connections are open.');
  }
}
