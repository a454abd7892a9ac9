import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LOOPBACK } from '../../src/database/embedded/loopback.js';
import { hostOf, listening } from './loopback-server.js';

/** A line to a server that can be slow, or stand still as if its cable was pulled: neither end is told. */
export class SlowLine {
  /** All that has arrived at the server so far. */
  arrived = '';
  private readonly ends = new Set<Socket>();
  private lag = 0;
  private isPassable: Promise<void> = Promise.resolve();
  private letThrough = (): void => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.open(client));
  }

  /** @param url - of the server */
  static async before(url: string): Promise<SlowLine> {
    return new SlowLine(await listening(), Number(new URL(url).port));
  }

  get host(): string {
    return hostOf(this.server);
  }

  /** From now on what goes to the server takes this long, in milliseconds. */
  lags(ms: number): void {
    this.lag = ms;
  }

  /** From now on nothing passes, either way. */
  holds(): void {
    this.isPassable = new Promise((resolve) => (this.letThrough = resolve));
  }

  /** Lets pass what was held, and everything from now on. */
  passes(): void {
    this.letThrough();
  }

  async close(): Promise<void> {
    this.passes();
    this.server.close();
    for (const end of this.ends) end.destroy();
    await once(this.server, 'close');
  }

  private open(client: Socket): void {
    const server = connect(this.target, LOOPBACK);
    const arrived = (bytes: Buffer): void => {
      this.arrived += bytes.toString('latin1');
      server.write(bytes);
    };
    this.join(client, server, () => this.lag, arrived);
    this.join(
      server,
      client,
      () => 0,
      (bytes) => void client.write(bytes),
    );
  }

  /** What comes from one end goes to the other in its order, the end of the connection too. */
  private join(from: Socket, to: Socket, lag: () => number, write: (bytes: Buffer) => void): void {
    let line = Promise.resolve();
    const next = (pass: () => unknown): void => {
      const due = performance.now() + lag();
      line = line.then(async () => {
        await delay(Math.max(0, due - performance.now()));
        await this.isPassable;
        pass();
      });
    };
    this.ends.add(from.setNoDelay());
    from.on('data', (bytes) => next(() => write(bytes)));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.ends.delete(from);
      next(() => to.destroy());
    });
  }
}
