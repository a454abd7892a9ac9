import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { LOOPBACK } from '../../src/database/embedded/loopback.js';
import { hostOf, listening } from './loopback-server.js';

/** A connection through the proxy: what the client has, and what the server has. */
interface Line {
  client: Socket;
  server: Socket;
}

/** A line to a service that can be cut: at once, or as soon as something comes back. */
export class CuttingProxy {
  /** Answers that never arrived. */
  lost = 0;
  private readonly lines = new Set<Line>();
  private losesNext: () => boolean = () => false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.open(client));
  }

  /** @param url - of the service */
  static async before(url: string): Promise<CuttingProxy> {
    return new CuttingProxy(await listening(), Number(new URL(url).port));
  }

  get url(): string {
    return `http://${hostOf(this.server)}`;
  }

  /** From now on asks, whenever something comes back, whether to cut the line in its place. */
  loses(next: () => boolean): void {
    this.losesNext = next;
  }

  heals(): void {
    this.losesNext = () => false;
  }

  /** Cuts all lines that are open. */
  cuts(): void {
    for (const line of this.lines) this.cut(line);
  }

  async close(): Promise<void> {
    this.server.close();
    this.cuts();
    await once(this.server, 'close');
  }

  private open(client: Socket): void {
    const line: Line = { client, server: connect(this.target, LOOPBACK) };
    this.lines.add(line);
    const { server } = line;
    server.setNoDelay();
    client.setNoDelay();
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (!this.losesNext()) return void client.write(bytes);
      this.lost += 1;
      this.cut(line);
    });
    for (const end of [client, server])
      end.on('error', () => this.cut(line)).on('close', () => this.cut(line));
  }

  private cut(line: Line): void {
    this.lines.delete(line);
    line.client.destroy();
    line.server.destroy();
  }
}
