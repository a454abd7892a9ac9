import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connected } from './loading.mjs';
import { databaseAt, withMongod } from './mongod.mjs';
import { machine, putIntoPage, tableOf } from './report.mjs';
import { plain, service } from './subjects.mjs';

const USAGE = `npm run bench:sockets -- [--sockets 10000] [--storm 2000] [--write]

Opens so many idle, authenticated sockets on one node, each of a person of their own, and says what each costs in
memory, here and with a plain Socket.IO server. Then so many of them lose their connection in one moment and come back.

--write  writes the table into docs/performance.md`;

/** Sockets that are being opened at the same time, but for the storm. */
const AT_ONCE = 100;

/** How long a connection may take while thousands are opened, in milliseconds. */
const PATIENCE = 120_000;

/** How long a server is left alone before its memory is read, in milliseconds. */
const REST = 5000;

const PROBE = ['--expose-gc', `--import=${new URL('servers/memory-probe.mjs', import.meta.url)}`];

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '10000' },
    storm: { type: 'string', default: '2000' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function openAll(url, tokens) {
  const sockets = [];
  const left = [...tokens];
  const opener = async () => {
    for (let token = left.pop(); token !== undefined; token = left.pop())
      sockets.push(await connected(url, token, { timeout: PATIENCE }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  return sockets;
}

/** The connections end without a word, as in a cut network, and all clients come back by themselves. */
async function storm(sockets) {
  const begun = performance.now();
  const times = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.once('ready', () => resolve((performance.now() - begun) / 1000));
          socket.io.engine.transport.ws.close();
        }),
    ),
  );
  return { seconds: Math.max(...times), isWhole: sockets.every(({ connected }) => connected) };
}

async function measure(subject, uri) {
  const server = await subject.start(uri, undefined, PROBE);
  try {
    const count = Number(values.sockets);
    const tokens = await subject.strangers(uri, count);
    await delay(REST);
    const before = await server.liveBytes();
    const begun = performance.now();
    const sockets = await openAll(server.url, tokens);
    const seconds = (performance.now() - begun) / 1000;
    await delay(REST);
    const bytesEach = ((await server.liveBytes()) - before) / count;
    await subject.loopDelay?.(server.url);
    const back = await storm(sockets.slice(0, Number(values.storm)));
    const delayed = await subject.loopDelay?.(server.url);
    for (const socket of sockets) socket.disconnect();
    return { subject, bytesEach, seconds, back, delayed };
  } finally {
    await server.stop();
  }
}

function summaryOf(results) {
  const base = results[0].bytesEach;
  const rows = results.map(({ subject, bytesEach, seconds, back, delayed }) => [
    subject.what,
    (bytesEach / 1024).toFixed(1),
    (bytesEach / base).toFixed(2),
    seconds.toFixed(1),
    `${back.seconds.toFixed(1)}${back.isWhole ? '' : ', some not'}`,
    delayed === undefined ? '' : Math.round(1000 * delayed),
  ]);
  const [opened, back] = [`${values.sockets} open in s`, `${values.storm} back in s`];
  return tableOf(['server', 'KiB a socket', 'ratio', opened, back, 'event loop delay p99, ms'], rows);
}

if (values.help) console.log(USAGE);
else {
  await withMongod(async (mongoUri) => {
    const results = [];
    for (const subject of [plain, service]) {
      results.push(await measure(subject, databaseAt(mongoUri, `bench_sockets_${subject.name}`)));
    }
    const text = `${machine('clients, server and mongod')}\n\n${summaryOf(results)}`;
    console.log(text);
    if (values.write) await putIntoPage('sockets', text);
  });
}
