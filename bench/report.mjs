import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { median, spread } from './statistics.mjs';

const PAGE = new URL('../docs/performance.md', import.meta.url);
const PLOT = new URL('../docs/performance.svg', import.meta.url);

const COLUMNS = [
  'load',
  'server',
  'messages/s: median (least to greatest)',
  'ratio',
  'p50 ms',
  'p99 ms',
  'CPU of the server, us a message',
];

/** Prints the table of a run, says what was lost or refused, and with `write` puts it into the documents. */
export async function report(results, loads, { rounds, pairs, seconds, write }) {
  const rows = loads.flatMap((load) => rowsOf(load, results));
  const about = `${pairs} pairs, ${rounds} rounds of ${seconds} s in turns; ${machine('generator, server and mongod')}`;
  const table = tableOf(COLUMNS, rows);
  const lost = results.filter((result) => result.refused > 0 || isLost(result));
  console.log(
    `${about}\n\n${table}\n\nRefused or lost: ${lost.length === 0 ? 'nothing' : JSON.stringify(lost)}`,
  );
  if (lost.length > 0) process.exitCode = 1;
  if (write) await writeInto(about, table, loads, results);
}

function isLost({ load, received, acknowledged }) {
  return !load.startsWith('http') && received < acknowledged;
}

function rowsOf({ name, subjects }, results) {
  const of = (subject) => results.filter((result) => result.load === name && result.subject === subject.name);
  const base = median(of(subjects[0]).map(({ perSecond }) => perSecond));
  return subjects.map((subject) => {
    const own = of(subject);
    const { median: middle, least, greatest } = spread(own.map(({ perSecond }) => perSecond));
    return [
      name,
      subject.what,
      `${Math.round(middle)} (${Math.round(least)} to ${Math.round(greatest)})`,
      (middle / base).toFixed(2),
      median(own.map(({ p50 }) => p50)).toFixed(1),
      median(own.map(({ p99 }) => p99)).toFixed(1),
      String(Math.round(median(own.map(({ cpuMicros }) => cpuMicros)))),
    ];
  });
}

async function writeInto(about, table, loads, results) {
  await putIntoPage('bench', `${about}\n\n${table}`);
  await writeFile(PLOT, plotOf(loads, results));
}

/** On what was measured, and when, as every table must say. @param sharers - of its cores */
export function machine(sharers) {
  return (
    `${cpus().length} cores (${cpus()[0]?.model}) shared by ${sharers}; Node ${process.version}; ` +
    `${new Date().toISOString().slice(0, 10)}.`
  );
}

/** A table in Markdown. @param head - the names of its columns, and `rows` their cells */
export function tableOf(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Puts a text between the marks of this name in docs/performance.md, in place of what is there. */
export async function putIntoPage(name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const page = await readFile(PAGE, 'utf8');
  if (!page.includes(begin) || !page.includes(end)) throw new Error(`docs/performance.md has no ${begin}`);
  const before = page.slice(0, page.indexOf(begin) + begin.length);
  await writeFile(PAGE, `${before}\n\n${text}\n\n${page.slice(page.indexOf(end))}`);
}

/** Bars of the throughputs, a group for each load that has no fixed rate. */
function plotOf(loads, results) {
  const groups = loads.filter(({ perSecond }) => !perSecond);
  const bars = groups.flatMap(({ name, subjects }) =>
    subjects.map(({ name: subject }) => {
      const own = results.filter((result) => result.load === name && result.subject === subject);
      return { label: `${name}, ${subject}`, value: median(own.map(({ perSecond }) => perSecond)) };
    }),
  );
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value }, index) => {
    const y = 10 + index * 26;
    const width = Math.round((value / most) * 420);
    const colour = label.endsWith('service') ? '#2f6fde' : '#9aa4b2';
    return (
      `<text x="150" y="${y + 14}" text-anchor="end">${label}</text>` +
      `<rect x="160" y="${y}" width="${width}" height="20" fill="${colour}"/>` +
      `<text x="${166 + width}" y="${y + 14}">${Math.round(value)}/s</text>`
    );
  });
  const height = 20 + bars.length * 26;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="660" height="${height}" font-family="sans-serif" font-size="13">` +
    `<rect width="660" height="${height}" fill="#ffffff"/>${lines.join('')}</svg>\n`
  );
}
