import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { openConnection } from './raw-http.js';

/** How long a test waits before it fails, in milliseconds. */
const PATIENCE = 15_000;

const TEXT = 1;
const CLOSE = 8;

interface Frame {
  opcode: number;
  payload: Buffer;
}

/** How a connection ended: with this code of RFC 6455, 7.4, if with any. */
export interface End {
  code?: number;
}

/** A websocket to Engine.IO, frame by frame, for what no client library would send. */
export class RawSocket {
  private static readonly all = new Set<RawSocket>();

  /** Every text so far. */
  readonly texts: string[] = [];
  /** As every client does. */
  answersPings = true;
  private readonly news = new EventEmitter();
  private unread = Buffer.alloc(0);
  private end: End | undefined;

  private constructor(
    private readonly socket: Socket,
    /** The answer to the upgrade, with its headers. */
    readonly answer: string,
    rest: Buffer,
  ) {
    RawSocket.all.add(this);
    this.read(rest);
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => this.ended({}));
  }

  /** Asks for the upgrade; resolved when it is answered, whatever the answer is. */
  static async open(
    url: string,
    { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
  ): Promise<RawSocket> {
    const socket = await openConnection(url);
    const lines = Object.entries({
      Host: new URL(url).host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const { head, rest } = await headOf(socket);
    return new RawSocket(socket, head, rest);
  }

  /** Opens Engine.IO and waits for its first packet. */
  static async opened(url: string): Promise<RawSocket> {
    const socket = await RawSocket.open(url);
    await socket.hears((text) => text.startsWith('0{'));
    return socket;
  }

  /** Opens Socket.IO with this token and waits until the server has taken it in. */
  static async connected(url: string, token: string): Promise<RawSocket> {
    const socket = await RawSocket.opened(url);
    socket.says(`40${JSON.stringify({ token })}`);
    await socket.hears((text) => text.startsWith('42["ready"'));
    return socket;
  }

  /** Sends a text, such as `42["typing",{}]`. */
  says(text: string): void {
    this.frame(TEXT, Buffer.from(text));
  }

  /** Sends a frame with these bits (RFC 6455, 5.2), masked as a client must. */
  frame(opcode: number, payload: Buffer, { fin = true, rsv = 0 } = {}): void {
    this.socket.write(frameOf(opcode, payload, fin, rsv));
  }

  /** Sends many frames in one write. */
  frames(list: { opcode: number; payload: Buffer; fin: boolean }[]): void {
    this.socket.write(
      Buffer.concat(list.map(({ opcode, payload, fin }) => frameOf(opcode, payload, fin, 0))),
    );
  }

  /** The first text, come already or still to come, that is so. */
  async hears(isWanted: (text: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.texts.find(isWanted);
      if (found !== undefined) return found;
      if (this.end) throw new Error(`The server has closed it (${JSON.stringify(this.end)})`);
      await this.hasNews();
    }
  }

  /** Resolved when the server has closed it. */
  async isClosed(): Promise<End> {
    while (!this.end) await this.hasNews();
    return this.end;
  }

  /** Reads nothing from now on, as a client whose network is too slow. */
  stopsReading(): void {
    this.socket.pause();
  }

  /** Reads what is there, to its end. */
  readsOn(): void {
    this.socket.resume();
  }

  leave(): void {
    RawSocket.all.delete(this);
    this.socket.destroy();
  }

  /** Closes those that are still open. */
  static leaveAll(): void {
    for (const socket of RawSocket.all) socket.leave();
  }

  private async hasNews(): Promise<void> {
    await once(this.news, 'any', { signal: AbortSignal.timeout(PATIENCE) });
  }

  private read(bytes: Buffer): void {
    this.unread = Buffer.concat([this.unread, bytes]);
    for (let frame = this.take(); frame; frame = this.take()) {
      if (frame.opcode === TEXT) this.heard(frame.payload.toString());
      if (frame.opcode === CLOSE) this.ended(endOf(frame.payload));
    }
  }

  /** One whole frame as a server sends it: never masked. */
  private take(): Frame | undefined {
    const { unread } = this;
    if (unread.length < 2) return undefined;
    const short = unread.readUInt8(1) & 0x7f;
    const from = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (unread.length < from) return undefined;
    const length =
      short === 127 ? Number(unread.readBigUInt64BE(2)) : short === 126 ? unread.readUInt16BE(2) : short;
    if (unread.length < from + length) return undefined;
    this.unread = unread.subarray(from + length);
    return { opcode: unread.readUInt8(0) & 0x0f, payload: unread.subarray(from, from + length) };
  }

  private heard(text: string): void {
    if (text === '2' && this.answersPings) this.says('3');
    this.texts.push(text);
    this.news.emit('any');
  }

  private ended(end: End): void {
    this.end ??= end;
    this.news.emit('any');
  }
}

function endOf(payload: Buffer): End {
  return payload.length < 2 ? {} : { code: payload.readUInt16BE(0) };
}

async function headOf(socket: Socket): Promise<{ head: string; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end >= 0) return { head: bytes.subarray(0, end).toString(), rest: bytes.subarray(end + 4) };
    const [more] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, more]);
  }
}

function frameOf(opcode: number, payload: Buffer, fin: boolean, rsv: number): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([Buffer.from([first]), lengthOf(payload.length), mask, masked]);
}

function lengthOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  const long = Buffer.alloc(length < 65_536 ? 3 : 9);
  long.writeUInt8(0x80 | (length < 65_536 ? 126 : 127));
  if (length < 65_536) long.writeUInt16BE(length, 1);
  else long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}
