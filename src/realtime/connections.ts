import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../common/message-of.js';
import { DomainEvents } from '../common/domain-events.js';
import type { Identity } from '../common/identity.js';
import { Bus, type Envelope } from './bus.js';
import { CatchUpPort, type Standing } from './catch-up-port.js';
import type { ChatSocket } from './chat-socket.js';
import { DeliveryPort } from './delivery-port.js';
import { type Connection, Devices } from './devices.js';
import { Backlog, closeTransport, cutTransport, gatherWrites } from './engine.js';
import { Outbox } from './outbox.js';
import { RealtimeMetrics } from './realtime-metrics.js';
import { SessionPort } from './session-authority.js';

/** How often it is looked whether tokens are past their end, in milliseconds: clocks can be set meanwhile. */
const EXPIRY_LOOK = 2000;

/** How long after `exp` a transport is closed, in milliseconds: an event sent meanwhile is told why it is refused. */
const EXPIRY_SLACK = 1000;

/** Bytes that may wait for one connection: some pages of replay, whatever the messages. */
const LARGEST_BACKLOG = 4 * 1024 * 1024;

/** The sockets of this node by person: admits them, serves them what the bus brings, ends them. */
@Injectable()
export class Connections {
  private readonly logger = new Logger(Connections.name);
  private readonly people = new Map<string, Devices>();

  constructor(
    private readonly bus: Bus,
    private readonly sessions: SessionPort,
    private readonly delivery: DeliveryPort,
    private readonly catchUp: CatchUpPort,
    private readonly events: DomainEvents,
    private readonly metrics: RealtimeMetrics,
  ) {
    metrics.watch(this);
  }

  /**
   * Takes in a socket that passed the handshake: hears of its person's events first, then looks at the session
   * once more, so that an end of the session in between is not missed, then gives what no device of the person
   * has confirmed, then says `ready`.
   */
  async open(socket: ChatSocket): Promise<void> {
    gatherWrites(socket);
    const backlog = new Backlog(socket, ({ bytes }) => this.limit(socket, bytes));
    const connection: Connection = { socket, backlog, outbox: this.outboxOf(socket) };
    const devices = this.add(connection);
    socket.once('disconnect', () => this.remove(connection));
    this.scheduleExpiry(connection);
    try {
      await devices.hearing;
      const { user } = socket.data;
      const [isAlive, standings] = await Promise.all([
        this.sessions.isAlive(user),
        wantsReplay(socket) ? this.catchUp.standings(user.userId) : undefined,
      ]);
      if (!isAlive) socket.disconnect(true);
      else if (socket.connected) await this.admit(connection, standings);
    } catch (error) {
      this.giveUp(socket, error);
    }
  }

  /**
   * A client has synced and has each conversation up to a number.
   *
   * @param upTo - by conversation
   */
  synced(userId: string, socketId: string, upTo: Map<string, number>): void {
    this.people.get(userId)?.connections.get(socketId)?.outbox.synced(upTo);
  }

  /** Puts a fresh token's identity in the place of the old one: the socket stays until the new `exp`. */
  renew(socket: ChatSocket, identity: Identity): void {
    socket.data.user = identity;
    const connection = this.people.get(identity.userId)?.connections.get(socket.id);
    if (connection) this.scheduleExpiry(connection);
  }

  /** Brings the envelope to the devices of its person on this node. */
  deliver(envelope: Envelope): void {
    this.people.get(envelope.userId)?.take(envelope);
  }

  /** Sockets of this node. */
  get count(): number {
    let count = 0;
    for (const { connections } of this.people.values()) count += connections.size;
    return count;
  }

  /** People with a socket on this node. */
  get peopleCount(): number {
    return this.people.size;
  }

  /** Bytes that were written to the sockets of this node and have not left yet. */
  waitingBytes(): number {
    let bytes = 0;
    for (const { connections } of this.people.values()) {
      for (const { backlog } of connections.values()) bytes += backlog.bytes;
    }
    return bytes;
  }

  /** Closes every transport of this node, so that the clients connect again elsewhere. */
  closeAll(): void {
    for (const { connections } of this.people.values()) {
      for (const { socket } of connections.values()) closeTransport(socket);
    }
  }

  private async admit({ socket, outbox }: Connection, standings: Standing[] | undefined): Promise<void> {
    this.events.emit('connection.opened', { userId: socket.data.user.userId, socketId: socket.id });
    await outbox.open(standings);
  }

  private outboxOf(socket: ChatSocket): Outbox {
    const { userId } = socket.data.user;
    return new Outbox(socket, {
      confirm: (ranges) => this.delivery.confirm(userId, ranges),
      standings: () => this.catchUp.standings(userId),
      read: (ranges) => this.catchUp.read(userId, ranges),
      holeFound: () => this.metrics.holes.inc(),
      replayed: (count) => this.metrics.replayed.inc(count),
      fail: (error) => this.giveUp(socket, error),
    });
  }

  /** A client that does not read fast enough would fill the memory; cut off, it catches up when it comes back. */
  private limit(socket: ChatSocket, waiting: number): void {
    if (waiting <= LARGEST_BACKLOG || !socket.connected) return;
    this.metrics.slowConsumers.inc();
    this.logger.warn({ reason: 'slow_consumer', userId: socket.data.user.userId, waiting });
    cutTransport(socket);
  }

  /** The client connects again by itself, and is then given what it lacks. */
  private giveUp(socket: ChatSocket, error: unknown): void {
    if (!socket.connected) return;
    this.logger.warn(
      `A connection was closed, since what it lacks could not be read from the database: ${messageOf(error)}`,
    );
    closeTransport(socket);
  }

  private add(connection: Connection): Devices {
    const { socket } = connection;
    const { userId } = socket.data.user;
    let devices = this.people.get(userId);
    if (!devices) {
      const hearing = this.bus.hear(userId, (envelope) => this.deliver(envelope));
      devices = new Devices(hearing);
      this.people.set(userId, devices);
    }
    devices.connections.set(socket.id, connection);
    return devices;
  }

  private remove({ socket, expiry }: Connection): void {
    clearTimeout(expiry);
    const { userId } = socket.data.user;
    const devices = this.people.get(userId);
    devices?.connections.delete(socket.id);
    if (devices?.connections.size === 0) {
      this.people.delete(userId);
      this.bus.stopHearing(userId);
    }
    this.events.emit('connection.closed', { userId, socketId: socket.id });
  }

  private scheduleExpiry(connection: Connection): void {
    clearTimeout(connection.expiry);
    const { socket } = connection;
    const left = socket.data.user.expiresAt * 1000 + EXPIRY_SLACK - Date.now();
    if (left <= 0) return closeTransport(socket);
    const look = () => this.scheduleExpiry(connection);
    connection.expiry = setTimeout(look, Math.min(left, EXPIRY_LOOK)).unref();
  }
}

/** A client that calls `sync` connects with `auth: { replay: false }`. */
function wantsReplay({ handshake }: ChatSocket): boolean {
  return handshake.auth.replay !== false;
}
