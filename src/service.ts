import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { messageOf } from './common/message-of.js';
import { within } from './common/within.js';
import type { AppConfig } from './config/app-config.js';
import { createApp } from './create-app.js';
import { type Database, openDatabase } from './database/open-database.js';
import { checkAddress, listenError } from './listen-address.js';
import { Readiness } from './operations/readiness.js';

/** How long the application may take to finish what is in flight and to close, in milliseconds. */
const CLOSE_TIMEOUT = 5000;

/**
 * What clients sent just before the stop may still be on its way, their connections included: how long it is taken
 * as always, in milliseconds.
 */
const LAST_WORDS = 250;

/** The running service: its database and its application, started in this order and stopped in the other. */
export class Service {
  private readonly giveUp = new AbortController();
  private database: Database | undefined;
  private app: NestFastifyApplication | undefined;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;

  /** @param say - told what the operator should see, a line at a time */
  constructor(
    private readonly config: AppConfig,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * Starts everything and says `Ready` on standard output. On failure, or if it is stopped meanwhile, nothing is
   * left running.
   *
   * @throws what made it fail; nothing if it was stopped
   */
  async start(): Promise<void> {
    this.starting = this.startAll(this.giveUp.signal);
    try {
      await this.starting;
    } catch (error) {
      const wasStopped = this.giveUp.signal.aborted;
      await this.stop();
      if (!wasStopped) throw error;
    }
  }

  /**
   * Gives a start up, or finishes what is in flight and closes everything, the database last. Takes less than 9 s
   * whatever hangs. Safe to call again.
   */
  stop(): Promise<void> {
    return (this.stopping ??= this.stopAll());
  }

  private async startAll(signal: AbortSignal): Promise<void> {
    const { config, say } = this;
    const address = { host: config.host, port: config.PORT };
    await checkAddress(address);
    this.database = await openDatabase(config, { say, signal });
    signal.throwIfAborted();
    this.app = await createApp(config, this.database.uri);
    signal.throwIfAborted();
    await this.app.listen(address).catch((error: unknown) => {
      throw listenError(error, address);
    });
    signal.throwIfAborted();
    this.app.get(Readiness).begin();
    process.stdout.write(`Ready: ${await this.urls(this.app)}\n`);
  }

  private async urls(app: NestFastifyApplication): Promise<string> {
    const url = await app.getUrl();
    const docs = this.config.docsEnabled ? ` - Swagger UI ${url}/api/docs` : '';
    return `API ${url}/api${docs}`;
  }

  private async stopAll(): Promise<void> {
    this.giveUp.abort();
    try {
      await within(CLOSE_TIMEOUT, this.closeApp());
    } catch (error) {
      this.say(`The service did not close in good order: ${messageOf(error)}`);
    }
    await this.database?.stop();
  }

  private async closeApp(): Promise<void> {
    await this.starting?.catch(() => undefined);
    if (!this.app) return;
    this.app.get(Readiness).end();
    await delay(LAST_WORDS);
    await this.app.close();
  }
}
