import type { Message } from '../../src/realtime/wire.js';
import { Device } from '../support/device.js';
import { call, type HttpAnswer } from '../support/person.js';
import type { Actor } from './actors.js';
import { Copy, type Heard } from './copy.js';
import type { PhoneName } from './people.js';
import type { Service } from './service.js';

/** One device of a person: it keeps what it has while it is away. */
export class Phone {
  readonly copy: Copy;
  /** Whether it has all: it missed nothing, or has synced since. */
  isWhole = true;
  /** Up to where it may lack messages, by the id of the other person, where it is not whole. */
  readonly lacks = new Map<string, { theirs: number; own: number }>();
  /** Who was heard live since this was emptied last: by messages, once the connection was ready. */
  heard: string[] = [];
  private device: Device | undefined;
  private read = 0;
  /** What this connection was given. */
  private given = new Set<string>();
  /** The last number that it was given, by sender; where it is replayed to, they come in order. */
  private last = new Map<string, number>();
  private isReplayedTo = true;

  constructor(
    readonly name: PhoneName,
    readonly owner: Actor,
    private readonly token: string,
    private readonly service: Service,
  ) {
    this.copy = new Copy(owner.id);
  }

  get isOnline(): boolean {
    return this.device !== undefined;
  }

  /** The connection, where there is one. */
  get line(): Device {
    if (!this.device) throw new Error(`${this.name} is not connected`);
    return this.device;
  }

  /** @returns what came before it was ready */
  async connect({ replay = true } = {}): Promise<Message[]> {
    const auth = { token: this.token, ...(!replay && { replay }) };
    this.device = Device.open(this.service.url, { auth });
    this.read = 0;
    this.given = new Set();
    this.last = new Map();
    this.isReplayedTo = replay;
    await this.device.hears('ready');
    const upToReady = this.device.seen.slice(
      0,
      this.device.seen.findIndex(({ event }) => event === 'ready'),
    );
    this.listen();
    this.heard = [];
    return upToReady.filter(isReceived).map(({ payload }) => payload);
  }

  async disconnect(): Promise<void> {
    const { device } = this;
    const id = device?.socket.id;
    device?.close();
    await this.gone(id);
  }

  /** The connection has ended or is about to; resolved when the service knows. */
  async gone(socketId: string | undefined): Promise<void> {
    this.listen();
    this.device = undefined;
    this.copy.typing.clear();
    if (socketId !== undefined) await this.service.hasClosed(socketId);
  }

  /** The service has been stopped. */
  lost(): void {
    this.listen();
    this.device?.close();
    this.device = undefined;
    this.copy.typing.clear();
  }

  /** Goes to the service and back, and takes in what came meanwhile. */
  async catchUp(): Promise<void> {
    await this.device?.catchesUp();
    this.listen();
  }

  /** Takes in what has come. */
  listen(): void {
    const heard = this.device?.seen.slice(this.read) ?? [];
    this.read += heard.length;
    for (const one of heard) this.copy.hear(one);
    for (const { payload } of heard.filter(isReceived)) this.receive(payload);
  }

  /** A connection is given each message once, and in order. */
  private receive({ _id, senderId, seq }: Message): void {
    if (this.given.has(_id)) throw new Error(`${this.name} was given ${seq} twice`);
    const last = this.last.get(senderId) ?? 0;
    if (this.isReplayedTo && seq < last) throw new Error(`${this.name} was given ${seq} behind ${last}`);
    this.last.set(senderId, seq);
    this.given.add(_id);
    this.heard.push(senderId);
  }

  /** Calls by HTTP, signed in as this device. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<HttpAnswer<T>> {
    return call<T>(this.service.url, method, path, { token: this.token, body });
  }
}

function isReceived(heard: Heard): heard is Heard & { payload: Message } {
  return heard.event === 'receiveMessage';
}
