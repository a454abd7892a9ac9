import { randomBytes } from 'node:crypto';
import { call } from './person.js';
import { RedisServer } from './redis.js';
import { ownDatabase, type RunningApp, startApp } from './running-app.js';

/** Two nodes of one service: one database, one Redis, one secret. */
export class TwoNodes {
  private constructor(
    readonly redis: RedisServer,
    readonly here: RunningApp,
    readonly there: RunningApp,
  ) {}

  /** @param given - their Redis, which `REDIS_URL` reaches by a way of the test's own */
  static async start(settings: Record<string, string> = {}, given?: RedisServer): Promise<TwoNodes> {
    const redis = given ?? (await RedisServer.start());
    const shared = {
      MONGODB_URI: ownDatabase(),
      REDIS_URL: redis.url,
      JWT_SECRET: randomBytes(32).toString('hex'),
      ...settings,
    };
    return new TwoNodes(redis, await startApp(shared), await startApp(shared));
  }

  /** Whether both nodes say that they are whole, or both that they run without Redis. */
  async areDegraded(isDegraded: boolean): Promise<boolean> {
    const answers = await Promise.all(
      [this.here, this.there].map(({ url }) => call<{ degraded?: string[] }>(url, 'GET', '/health/ready')),
    );
    return answers.every(({ body }) => (body.degraded !== undefined) === isDegraded);
  }

  async stop(): Promise<void> {
    await this.there.close();
    await this.here.stop();
    await this.redis.stop();
  }
}
