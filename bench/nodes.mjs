import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generate } from './generator.mjs';
import { databaseAt, withMongod } from './mongod.mjs';
import { describeProfiles } from './profile.mjs';
import { redisVersion, withRedis } from './redis.mjs';
import { machine, putIntoPage, tableOf } from './report.mjs';
import { ServerMeter } from './server-meter.mjs';
import { median, spread } from './statistics.mjs';
import { nodeOf } from './subjects.mjs';

const USAGE = `npm run bench:nodes -- [--rounds 5] [--seconds 8] [--pairs 50] [--in-flight 1,4] [--write]
                       [--profile FOLDER]

Two nodes on one database and one Redis, both people of each pair sending as fast as they are answered: with both on
one node (half of the pairs on each), and split, one on each node, so that both nodes number the same conversations.

--in-flight  of each person
--write      writes the table into docs/performance.md
--profile FOLDER  writes a CPU profile of both nodes for each of these into the folder, and says where the time goes`;

const WARM_UP_SECONDS = 3;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    pairs: { type: 'string', default: '50' },
    'in-flight': { type: 'string', default: '1,4' },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** The nodes, by number, of the two people of a pair. */
const PLACEMENTS = {
  unsplit: (pair) => (pair % 2 === 0 ? [0, 0] : [1, 1]),
  split: () => [0, 1],
};

const COLUMNS = [
  'in flight a person',
  'pairs',
  'messages/s: median (least to greatest)',
  'ratio of each round',
  'p50 ms',
  'p99 ms',
  'collisions/s (an insert)',
  'messages an insert',
  'CPU of both nodes + Redis, us a message',
];

/** What is told of messages by both nodes together, as counted since they started. */
const COUNTED = {
  collisions: 'reals2chat_message_collisions_total',
  inserts: 'reals2chat_message_batch_size_count',
  tried: 'reals2chat_message_batch_size_sum',
  holes: 'reals2chat_outbox_holes_total',
};

const sum = (figures) => figures.reduce((one, other) => one + other, 0);

/** What two nodes and their Redis do between two moments. */
class Meter {
  constructor(nodes, servers, redisPid) {
    this.nodes = nodes;
    this.servers = servers;
    this.processes = servers.map(({ pid }) => new ServerMeter(pid));
    this.redis = new ServerMeter(redisPid);
  }

  async begin() {
    for (const one of [...this.processes, this.redis]) one.begin();
    this.before = await this.#counts();
  }

  async end() {
    for (const one of [...this.processes, this.redis]) one.end();
    this.after = await this.#counts();
  }

  get windows() {
    return this.processes.map(({ window }) => window);
  }

  /** @param perSecond - messages */
  figures(perSecond, seconds) {
    const passed = (this.after.at - this.before.at) / 1000;
    const rate = (name) => (this.after[name] - this.before[name]) / passed;
    const micros = (meters) =>
      (1e6 * sum(meters.map(({ cpuSeconds }) => cpuSeconds))) / (perSecond * seconds);
    return {
      collisions: rate('collisions'),
      perInsert: rate('collisions') / rate('inserts'),
      batch: rate('tried') / rate('inserts'),
      holes: rate('holes'),
      nodesMicros: micros(this.processes),
      redisMicros: micros([this.redis]),
    };
  }

  async #counts() {
    const read = await Promise.all(this.nodes.map((node, index) => node.figures(this.servers[index].url)));
    const counts = Object.entries(COUNTED).map(([key, name]) => [
      key,
      sum(read.map((figure) => figure(name))),
    ]);
    return { at: performance.now(), ...Object.fromEntries(counts) };
  }
}

async function measure(nodes, { placement, inFlight }, uri, redisPid) {
  const folder = values.profile && join(values.profile, `${placement}-${inFlight}`);
  if (folder) await mkdir(folder, { recursive: true });
  const servers = await Promise.all(nodes.map((node) => node.start(uri, folder)));
  try {
    const friends = await nodes[0].pairs(servers[0].url, Number(values.pairs));
    const pairs = friends.map(({ sender, senderId, recipient, recipientId }, index) => {
      const [one, other] = PLACEMENTS[placement](index).map((node) => servers[node].url);
      return [
        { url: one, token: sender, otherId: recipientId },
        { url: other, token: recipient, otherId: senderId },
      ];
    });
    const meter = new Meter(nodes, servers, redisPid);
    const seconds = Number(values.seconds);
    const result = await generate(
      'load-nodes.mjs',
      { pairs, inFlight, warmUpSeconds: WARM_UP_SECONDS, seconds },
      { begun: () => meter.begin(), ended: () => meter.end() },
    );
    const figures = meter.figures(result.perSecond, seconds);
    return { placement, inFlight, folder, windows: meter.windows, ...result, ...figures };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Each round has all of them, first the one placement and then the other, and the next round the other first. */
async function measureAll(mongoUri, redisUrl, redisPid) {
  const uri = databaseAt(mongoUri, 'bench_nodes');
  const nodes = ['node-a', 'node-b'].map((name) => nodeOf(redisUrl, name));
  const placements = Object.keys(PLACEMENTS);
  const results = [];
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const inFlight of values['in-flight'].split(',').map(Number)) {
      for (const placement of placements) {
        const result = await measure(nodes, { placement, inFlight }, uri, redisPid);
        results.push({ round, ...result });
        console.error(`round ${round}, ${inFlight} in flight, ${placement}: ${described(result)}`);
      }
    }
    placements.reverse();
  }
  return results;
}

function described({ perSecond, p50, p99, collisions, batch, holes, lost, disordered, refused }) {
  return (
    `${Math.round(perSecond)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ` +
    `${Math.round(collisions)} collisions/s, ${batch.toFixed(1)} a batch, ${holes.toFixed(1)} holes/s, ` +
    `${lost} lost, ${disordered} out of order, ${refused} refused`
  );
}

function summaryOf(results) {
  const rows = values['in-flight'].split(',').flatMap((inFlight) =>
    Object.keys(PLACEMENTS).map((placement) => {
      const of = (name) =>
        results.filter((result) => result.placement === name && result.inFlight === Number(inFlight));
      const own = of(placement);
      const middle = (key, digits) => median(own.map((result) => result[key])).toFixed(digits);
      const ratios = own.map(({ perSecond }, index) => perSecond / of('unsplit')[index].perSecond);
      return [
        inFlight,
        placement,
        withSpread(
          own.map(({ perSecond }) => perSecond),
          0,
        ),
        placement === 'unsplit' ? '1' : withSpread(ratios, 2),
        middle('p50', 1),
        middle('p99', 1),
        `${middle('collisions', 0)} (${middle('perInsert', 2)})`,
        middle('batch', 1),
        `${middle('nodesMicros', 0)} + ${middle('redisMicros', 0)}`,
      ];
    }),
  );
  return tableOf(COLUMNS, rows);
}

function withSpread(figures, digits) {
  const { median: middle, least, greatest } = spread(figures);
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${greatest.toFixed(digits)})`;
}

async function main() {
  if (values.help) return console.log(USAGE);
  const version = redisVersion();
  if (!version) {
    console.error('bench:nodes needs redis-server, version 7 or later, which is not found in PATH.');
    process.exitCode = 1;
    return;
  }
  let results;
  await withRedis((redisUrl, redisPid) =>
    withMongod(async (mongoUri) => {
      results = await measureAll(mongoUri, redisUrl, redisPid);
    }),
  );
  const about =
    `${values.pairs} pairs, ${values.rounds} rounds of ${values.seconds} s in turns; ` +
    machine(`generator, two nodes, Redis ${version} and mongod`);
  const text = `${about}\n\n${summaryOf(results)}`;
  const bad = results.filter(({ refused, lost, disordered }) => refused + lost + disordered > 0);
  console.log(
    `${text}\n\nRefused, lost or out of order: ${bad.length === 0 ? 'nothing' : bad.map(described).join('\n')}`,
  );
  if (bad.length > 0) process.exitCode = 1;
  if (values.write) await putIntoPage('nodes', text);
  await describeAll(results);
}

async function describeAll(results) {
  for (const folder of new Set(results.map((result) => result.folder).filter(Boolean))) {
    console.log(`\n${folder}`);
    const own = results.filter((result) => result.folder === folder);
    await describeProfiles(
      folder,
      own.flatMap(({ windows }) => windows),
    );
  }
}

await main();
