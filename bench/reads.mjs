import { parseArgs } from 'node:util';
import { Filling } from './fill.mjs';
import { databaseAt, withMongod } from './mongod.mjs';
import { machine, putIntoPage, tableOf } from './report.mjs';
import { measureReads } from './reading.mjs';
import { service, signUp } from './subjects.mjs';

const USAGE = `npm run bench:reads -- [--sizes 1000,100000,1000000] [--conversations 50,1000] [--seconds 3] [--write]

How long reads take over HTTP with so many messages stored, all of them in the conversations of the person who reads:
p50 with one request in flight, and requests a second with 8.

--sizes          of the store, in messages
--conversations  of the person; the first is measured at all sizes with all reads, the others at the least and the
                 greatest with the inbox and the unread counts
--write          writes the tables into docs/performance.md`;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,100000,1000000' },
    conversations: { type: 'string', default: '50,1000' },
    seconds: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
/** Messages that a sync with something new brings. */
const NEW = 10;

const numbers = (list) => list.split(',').map(Number);
const count = (number) => number.toLocaleString('en-US');

/** What is measured: each with a database of its own. */
function cases() {
  const sizes = numbers(values.sizes);
  const [usual, ...others] = numbers(values.conversations);
  const ends = [...new Set([Math.min(...sizes), Math.max(...sizes)])];
  return [
    ...sizes.map((size) => ({ size, conversations: usual })),
    ...others.flatMap((conversations) => ends.map((size) => ({ size, conversations }))),
  ];
}

async function measure({ size, conversations }, mongoUri) {
  const name = `bench_reads_${size}_${conversations}`;
  const uri = databaseAt(mongoUri, name);
  const server = await service.start(uri);
  const filling = await Filling.of(uri);
  try {
    const reader = await signUp(server.url);
    const begun = performance.now();
    const others = await filling.friendsOf(reader.user._id, conversations);
    const last = await filling.talk(reader.user._id, others, size, 'both');
    await filling.read(reader.user._id, last, 3);
    const seconds = (performance.now() - begun) / 1000;
    console.error(
      `${count(size)} messages in ${conversations} conversations stored in ${seconds.toFixed(0)} s`,
    );
    const results = await measureReads({
      url: server.url,
      token: reader.accessToken,
      others,
      somethingNew: () => filling.goesOn(reader.user._id, last, NEW),
      seconds: Number(values.seconds),
      say: (line) => console.error(`  ${line}`),
    });
    return { size, conversations, results, sizes: await filling.sizes() };
  } finally {
    await filling.connection.dropDatabase();
    await filling.close();
    await server.stop();
  }
}

const [sizeOf, figureOf] = [
  ({ size }) => `${count(size)} messages`,
  ({ p50, perSecond }) => `${p50.toFixed(1)} ms, ${count(Math.round(perSecond))}/s`,
];

/** Reads down, sizes across. */
function tableOfSizes(measured) {
  const names = measured[0].results.map(({ name }) => name);
  const rows = names.map((name) => {
    const figures = measured.map(({ results }) => figureOf(results.find((one) => one.name === name)));
    return [name, ...figures];
  });
  return tableOf(['read', ...measured.map(sizeOf)], rows);
}

/** Conversations down, sizes across, for what must grow with the number of conversations alone. */
function tableOfConversations(measured, sizes) {
  const at = (size, conversations) =>
    measured.find((one) => one.size === size && one.conversations === conversations);
  const rows = ['inbox, first page', 'unread counts'].flatMap((name) =>
    numbers(values.conversations).map((conversations) => {
      const figures = sizes.map((size) =>
        figureOf(at(size, conversations).results.find((one) => one.name === name)),
      );
      return [name, count(conversations), ...figures];
    }),
  );
  return tableOf(['read', 'conversations', ...sizes.map((size) => sizeOf({ size }))], rows);
}

async function main() {
  if (values.help) return console.log(USAGE);
  const measured = [];
  await withMongod(async (uri) => {
    for (const one of cases()) measured.push(await measure(one, uri));
  });
  const [usual] = numbers(values.conversations);
  const sizes = numbers(values.sizes);
  const { row, stored, indexes } = measured.find(({ size }) => size === Math.max(...sizes)).sizes;
  const text = [
    `p50 with one request in flight, requests a second with 8. One person's ${usual} conversations hold all messages. ` +
      machine('generator, service and mongod'),
    tableOfSizes(measured.filter(({ conversations }) => conversations === usual)),
    'The inbox and the unread counts by the number of conversations:',
    tableOfConversations(measured, [Math.min(...sizes), Math.max(...sizes)]),
    `A message of 5 to 30 words with a \`clientMessageId\` at ${count(Math.max(...sizes))} messages: a row of ` +
      `${row.toFixed(0)} bytes, ${stored.toFixed(0)} on disk (compressed), and ${indexes.toFixed(0)} in the indexes.`,
  ].join('\n\n');
  console.log(text);
  if (values.write) await putIntoPage('reads', text);
}

await main();
