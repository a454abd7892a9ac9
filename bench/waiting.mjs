import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Filling } from './fill.mjs';
import { connected } from './loading.mjs';
import { databaseAt, withMongod } from './mongod.mjs';
import { machine, putIntoPage, tableOf } from './report.mjs';
import { percentile } from './statistics.mjs';
import { friends, service, signUp } from './subjects.mjs';

const USAGE = `npm run bench:waiting -- [--messages 100000] [--conversations 10] [--megabytes 60] [--seconds 10] [--write]

What a device that was away, and one that reads 5 KB a second, cost others: how long a message of another pair takes
to its recipient before and meanwhile, and the memory of the service.

--messages   that wait for a device
--megabytes  aimed at a device that reads slowly, and before at one that reads well
--seconds    of quiet, before
--write      writes the table into docs/performance.md`;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    conversations: { type: 'string', default: '10' },
    megabytes: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '10' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Messages of the other pair, a second; and of those aimed at a device: so many, of so many characters. */
const PAIR_RATE = 20;
const AIMED = { perSecond: 100, characters: 10_000 };

const SLOW = 5_000;
const MEGABYTE = 1_000_000;
const count = (number) => Number(number).toLocaleString('en-US');

/** Two people of whom one sends at a fixed rate; how long it takes until the other has it. */
class Pair {
  #latencies = [];
  #sent = new Map();

  static async open(url) {
    const pair = new Pair();
    const { sender, recipient, recipientId } = await friends(url);
    pair.recipientId = recipientId;
    [pair.sender, pair.recipient] = await Promise.all([connected(url, sender), connected(url, recipient)]);
    pair.recipient.on('receiveMessage', ({ text }) => {
      pair.#latencies.push(performance.now() - pair.#sent.get(text));
      pair.#sent.delete(text);
    });
    pair.timer = setInterval(() => pair.#send(), 1000 / PAIR_RATE);
    return pair;
  }

  /** Figures since the last call, in milliseconds. */
  take() {
    const latencies = this.#latencies.splice(0);
    return { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) };
  }

  close() {
    clearInterval(this.timer);
    for (const socket of [this.sender, this.recipient]) socket.disconnect();
  }

  #number = 0;

  #send() {
    const text = `${(this.#number += 1)}`;
    this.#sent.set(text, performance.now());
    this.sender.emit('sendMessage', { recipientId: this.recipientId, text }, () => undefined);
  }
}

/** The memory of the service, looked at all the time. */
class Memory {
  static watch(url) {
    const memory = new Memory();
    memory.url = url;
    memory.timer = setInterval(() => void memory.look(), 250);
    return memory;
  }

  peak = 0;

  async look() {
    const figure = await service.figures(this.url);
    this.now = figure('process_resident_memory_bytes') / MEGABYTE;
    this.cutOff = figure('reals2chat_slow_consumers_total');
    this.peak = Math.max(this.peak, this.now);
  }

  /** The highest since the last call, in megabytes. */
  async take() {
    await this.look();
    const { peak } = this;
    this.peak = this.now;
    return peak;
  }

  close() {
    clearInterval(this.timer);
  }
}

/** A device in a process of its own. @returns what tells of it */
async function device(options) {
  const child = fork(fileURLToPath(new URL('catching-up.mjs', import.meta.url)));
  const isReady = once(child, 'message');
  child.send(options);
  return {
    isReady: async () => (await isReady)[0],
    end: async () => {
      const told = once(child, 'message');
      child.send('end');
      const [state] = await told;
      child.kill();
      return state;
    },
  };
}

async function measure(mongoUri) {
  const uri = databaseAt(mongoUri, 'bench_waiting');
  const { url, stop } = await service.start(uri);
  const filling = await Filling.of(uri);
  const pair = await Pair.open(url);
  const memory = Memory.watch(url);
  const rows = [];
  const note = async (what, told) => {
    const { p50, p95 } = pair.take();
    const row = [
      what,
      told,
      `${p50.toFixed(1)} ms`,
      `${p95.toFixed(1)} ms`,
      `${(await memory.take()).toFixed(0)} MB`,
    ];
    rows.push(row);
    console.error(row.join(' | '));
  };
  const quiet = async () => {
    pair.take();
    await memory.take();
    await delay(Number(values.seconds) * 1000);
    await note('nothing else', '');
  };
  try {
    const reader = await signUp(url);
    const others = await filling.friendsOf(reader.user._id, Number(values.conversations));
    await filling.talk(reader.user._id, others, Number(values.messages), 'others');
    await quiet();

    const back = await device({ url, token: reader.accessToken });
    const { received, isWhole, seconds } = await back.isReady();
    const told = `${count(received)} in ${seconds.toFixed(1)} s, ${isWhole ? 'none missing, in order' : 'BROKEN'}`;
    await note(`a device comes back to ${count(values.messages)} waiting messages`, told);
    await back.end();
    if (!isWhole || received !== Number(values.messages)) process.exitCode = 1;

    await quiet();
    await aimed(url, { at: 'reads well', note });
    await quiet();
    await aimed(url, { at: 'reads 5 KB a second', bytesPerSecond: SLOW, note, memory });
    await quiet();
  } finally {
    memory.close();
    pair.close();
    await filling.close();
    await stop();
  }
  return rows;
}

/** Many large messages to one device. */
async function aimed(url, { at, bytesPerSecond, note, memory }) {
  const { sender, recipient, recipientId } = await friends(url);
  const target = await device({ url, token: recipient, bytesPerSecond });
  await target.isReady();
  const socket = await connected(url, sender);
  const messages = (Number(values.megabytes) * MEGABYTE) / AIMED.characters;
  const text = 'x'.repeat(AIMED.characters);
  const begun = performance.now();
  const sends = [];
  for (let index = 0; index < messages; index += 1) {
    const wait = begun + (index * 1000) / AIMED.perSecond - performance.now();
    if (wait > 0) await delay(wait);
    sends.push(socket.emitWithAck('sendMessage', { recipientId, text }));
  }
  await Promise.all(sends);
  const told = memory ? `, cut off ${memory.cutOff} times` : '';
  await note(`${values.megabytes} MB at a device that ${at}`, `${count(messages)} messages${told}`);
  await target.end();
  socket.disconnect();
}

async function main() {
  if (values.help) return console.log(USAGE);
  let rows;
  await withMongod(async (uri) => {
    rows = await measure(uri);
  });
  const text = [
    `Another pair, ${PAIR_RATE} messages a second: from sending to the recipient's device. Memory is the highest of the ` +
      `service (resident). ${machine('generators, service and mongod')}`,
    tableOf(['meanwhile', '', 'p50', 'p95', 'memory'], rows),
  ].join('\n\n');
  console.log(text);
  if (values.write) await putIntoPage('waiting', text);
}

await main();
