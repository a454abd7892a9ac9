import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from './config/app-config.js';
import { createApp } from './create-app.js';
import { type Database, openDatabase } from './database/open-database.js';
import { Readiness } from './operations/readiness.js';

/** How long requests and events in flight may take to finish at a stop, in milliseconds. */
const DRAIN_TIMEOUT = 5000;

const ONE_NODE = 'Warning: REDIS_URL is not used: this version serves one node. Run exactly one process.\n';

/** The running service: its database and its application, started in this order and stopped in the other. */
export class Service {
  private database: Database | undefined;
  private app: NestFastifyApplication | undefined;
  private starting: Promise<void> | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Starts everything and says `Ready` on standard output; on failure nothing is left running. */
  async start(): Promise<void> {
    this.starting = this.startAll();
    try {
      await this.starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Finishes what is in flight, closes everything, the database last. */
  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const { app, database } = this;
    this.app = this.database = undefined;
    if (app) await within(DRAIN_TIMEOUT, app.close());
    await database?.stop();
  }

  private async startAll(): Promise<void> {
    const { config } = this;
    if (config.REDIS_URL) process.stderr.write(ONE_NODE);
    this.database = await openDatabase(config);
    this.app = await createApp(config, this.database.uri);
    await this.app.listen({ port: config.PORT, host: config.host });
    this.app.get(Readiness).begin();
    process.stdout.write(`Ready: ${await this.urls(this.app)}\n`);
  }

  private async urls(app: NestFastifyApplication): Promise<string> {
    const url = await app.getUrl();
    const docs = this.config.docsEnabled ? ` - Swagger UI ${url}/api/docs` : '';
    return `API ${url}/api${docs}`;
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
