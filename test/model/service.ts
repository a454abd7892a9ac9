import { DomainEvents } from '../../src/common/domain-events.js';
import { ownDatabase, type RunningApp, startApp } from '../support/running-app.js';

/** So low that opening a conversation can miss what lies before. */
export const BARE_LIMIT = 8;

/** The service of one line of histories: it can be restarted on its database, under its address. */
export class Service {
  private readonly closed = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  private constructor(
    private readonly settings: Record<string, string>,
    private running: RunningApp,
  ) {
    this.watch();
  }

  static async start(): Promise<Service> {
    const settings = {
      MONGODB_URI: ownDatabase(),
      JWT_SECRET: 'what was signed before a restart holds after it',
      HISTORY_BARE_LIMIT: String(BARE_LIMIT),
    };
    const running = await startApp(settings);
    return new Service({ ...settings, PORT: new URL(running.url).port }, running);
  }

  get url(): string {
    return this.running.url;
  }

  get app(): RunningApp['app'] {
    return this.running.app;
  }

  get db(): RunningApp['db'] {
    return this.running.db;
  }

  async restart(): Promise<void> {
    await this.running.close();
    this.running = await startApp(this.settings);
    this.watch();
  }

  /** Resolved when the service, too, knows that this socket is gone: all that came by it has begun by then. */
  async hasClosed(socketId: string): Promise<void> {
    if (this.closed.delete(socketId)) return;
    await new Promise<void>((resolve) => this.waiting.set(socketId, resolve));
  }

  stop(): Promise<void> {
    return this.running.stop();
  }

  private watch(): void {
    this.app.get(DomainEvents).on('connection.closed', ({ socketId }) => {
      const resolve = this.waiting.get(socketId);
      this.waiting.delete(socketId);
      if (resolve) resolve();
      else this.closed.add(socketId);
    });
  }
}
