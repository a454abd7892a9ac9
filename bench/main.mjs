import { parseArgs } from 'node:util';
import { generate } from './generator.mjs';
import { databaseAt, withMongod } from './mongod.mjs';
import { describeProfiles } from './profile.mjs';
import { report } from './report.mjs';
import { ServerMeter } from './server-meter.mjs';
import { numbered, plain, route, service } from './subjects.mjs';

const USAGE = `npm run bench -- [--rounds 3] [--seconds 8] [--pairs 50] [--only NAME[,NAME]] [--write]
                [--profile FOLDER]

Compares this service with servers written by hand, in turns, on one database: messages a second with 1 and with 8
in flight a pair, latencies at a fixed rate, and sends by HTTP.

--only   some of: closed-1, closed-8, rate-200, http-8
--write  writes the table into docs/performance.md and the picture beside it
--profile FOLDER  writes a CPU profile of this service for each load into the folder, and says where the time goes`;

const LOADS = [
  { name: 'closed-1', transport: 'socket', inFlight: 1, subjects: [plain, numbered, service] },
  { name: 'closed-8', transport: 'socket', inFlight: 8, subjects: [plain, numbered, service] },
  { name: 'rate-200', transport: 'socket', perSecond: 200, subjects: [plain, numbered, service] },
  { name: 'http-8', transport: 'http', inFlight: 8, subjects: [route, service] },
];

/** The measured parts so far. */
const windows = [];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    pairs: { type: 'string', default: '50' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function measure(subject, load, mongoUri) {
  const uri = databaseAt(mongoUri, `bench_${subject.name}`);
  const server = await subject.start(uri, subject === service ? values.profile : undefined);
  try {
    const pairs = await subject.pairs(server.url, Number(values.pairs));
    const { transport, inFlight, perSecond } = load;
    const [warmUpSeconds, seconds] = [3, Number(values.seconds)];
    const meter = new ServerMeter(server.pid);
    const result = await generate(
      'load.mjs',
      { url: server.url, pairs, transport, inFlight, perSecond, warmUpSeconds, seconds },
      { begun: () => meter.begin(), ended: () => meter.end() },
    );
    const cpuMicros = (1e6 * meter.cpuSeconds) / (result.perSecond * seconds);
    windows.push(meter.window);
    return { load: load.name, subject: subject.name, cpuMicros, ...result };
  } finally {
    await server.stop();
  }
}

async function main() {
  if (values.help) return console.log(USAGE);
  const only = values.only?.split(',');
  const loads = LOADS.filter(({ name }) => !only || only.includes(name));
  const results = [];
  await withMongod(async (uri) => {
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      for (const load of loads) {
        for (const subject of load.subjects) {
          const result = await measure(subject, load, uri);
          results.push(result);
          console.error(
            `round ${round} ${load.name} ${subject.name}: ${Math.round(result.perSecond)}/s, ` +
              `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, ` +
              `CPU ${Math.round(result.cpuMicros)} us a message`,
          );
        }
      }
    }
  });
  await report(results, loads, values);
  if (values.profile) await describeProfiles(values.profile, windows);
}

await main();
