import { mongo } from 'mongoose';
import type { Choices } from './choices.js';
import { Crowd } from './crowd.js';
import { call, friends, type Person } from './person.js';
import { RedisServer } from './redis.js';
import { type ServiceProcess, ServiceProcesses } from './service-process.js';
import { Storm } from './storm.js';
import { SECRET } from './tokens.js';

/** Two nodes of one service, each a process of its own: one database, one Redis, one secret. */
export class Cluster {
  private readonly endings: (() => unknown)[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly db: mongo.Db,
    private readonly services: ServiceProcesses,
    private readonly shared: Record<string, string>,
    readonly nodes: ServiceProcess[],
    private readonly client: mongo.MongoClient,
  ) {}

  /** @param own - what a node has beside what all share; given a folder that is removed with the cluster */
  static async start(
    settings: Record<string, string> = {},
    own: (folder: string, index: number) => Record<string, string> = () => ({}),
  ): Promise<Cluster> {
    const [redis, services] = await Promise.all([RedisServer.start(), ServiceProcesses.inFolder()]);
    const uri = services.newDatabase();
    const shared = {
      MONGODB_URI: uri,
      REDIS_URL: redis.url,
      JWT_SECRET: SECRET,
      LOG_LEVEL: 'error',
      ...settings,
    };
    // One after the other: the first makes the indexes.
    const nodes = [
      await services.start({ ...shared, ...own(services.folder, 0) }),
      await services.start({ ...shared, ...own(services.folder, 1) }),
    ];
    const client = new mongo.MongoClient(uri);
    const db = client.db(undefined, { readConcern: new mongo.ReadConcern('majority') });
    return new Cluster(redis, db, services, shared, nodes, client);
  }

  /** What is removed with it. */
  get folder(): string {
    return this.services.folder;
  }

  node(index: number): ServiceProcess {
    const node = this.nodes[index];
    if (!node) throw new Error(`There is no node ${index}`);
    return node;
  }

  /** Where the nodes are reached; a node keeps its address when it is started again. */
  get urls(): [one: string, other: string] {
    return [this.node(0).url, this.node(1).url];
  }

  /** Starts a node again that has ended. */
  async restarts(index: number): Promise<ServiceProcess> {
    const { url, dataDir } = this.node(index);
    const node = await this.services.start({
      ...this.shared,
      DATA_DIR: dataDir,
      PORT: new URL(url).port,
    });
    this.nodes[index] = node;
    return node;
  }

  /** A figure of each node. */
  figures(name: string): Promise<number[]> {
    return Promise.all(
      this.urls.map(async (url) => {
        const { body } = await call<string>(url, 'GET', '/metrics');
        const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(body) ?? [];
        return Number(value);
      }),
    );
  }

  /** Two friends, one on each node, until the end of the test. */
  async splitFriends(): Promise<{ ann: Person; bob: Person }> {
    const { ann, bob } = await friends(this.urls[0]);
    const people = { ann, bob: bob.at(this.urls[1]) };
    this.atEndOfTest(() => Object.values(people).forEach((person) => person.leaves()));
    return people;
  }

  /**
   * People whose conversations are split between the nodes, and who talk until the end of the test.
   *
   * @param urls - where they reach the nodes
   */
  async storm(choices: Choices, urls = this.urls): Promise<Storm> {
    const crowd = await Crowd.gathers(urls[0], { partnersUrl: urls[1] });
    const storm = new Storm(crowd, choices);
    this.atEndOfTest(() => storm.leaves());
    return storm;
  }

  /** Does this when the test is over. */
  atEndOfTest(end: () => unknown): void {
    this.endings.push(end);
  }

  /** The test is over. */
  async endTest(): Promise<void> {
    for (const end of this.endings.splice(0)) await end();
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.services.end();
    await this.redis.stop();
  }
}
