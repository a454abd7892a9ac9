/** What load generators have in common: what they send, how they count, and how they are told of a load. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { percentile } from './statistics.mjs';

/** How long what was acknowledged may take to arrive, in milliseconds. */
const LATEST = 15_000;

export const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all.';

/** A socket of the person whose token this is; resolved when it is ready. @param options - of socket.io-client */
export async function connected(url, token, options = {}) {
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token }, ...options });
  await new Promise((resolve, reject) => {
    socket.once('ready', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** What came of the sends, and those of the measured part apart. */
class Record {
  sent = 0;
  acknowledged = 0;
  refused = 0;
  latencies = [];
  isMeasuring = false;

  async note(send) {
    const { isMeasuring } = this;
    const begun = performance.now();
    this.sent += 1;
    const isAcknowledged = await send().catch(() => false);
    if (isAcknowledged) this.acknowledged += 1;
    else this.refused += 1;
    if (isMeasuring && this.isMeasuring) this.latencies.push(performance.now() - begun);
  }
}

/** Each sends the next as soon as one is answered, so many at a time. */
export async function closedLoop(sends, { inFlight }, record, isOver) {
  const sender = async (send) => {
    while (!isOver()) await record.note(send);
  };
  await Promise.all(sends.flatMap((send) => Array.from({ length: inFlight }, () => sender(send))));
}

/** So many a second, whether the ones before are answered or not, each in turn. */
export async function fixedRate(sends, { perSecond }, record, isOver) {
  const underWay = [];
  const begun = performance.now();
  for (let count = 0; !isOver(); count += 1) {
    const wait = begun + (count * 1000) / perSecond - performance.now();
    if (wait > 0) await delay(wait);
    underWay.push(record.note(sends[count % sends.length]));
  }
  await Promise.all(underWay);
}

/**
 * Makes a load, saying `'begun'` and `'ended'` around the measured part.
 *
 * @param sends - a function for each who sends; resolved with whether the message was acknowledged
 * @returns counts over all, and throughput and latencies (ms) of the measured part
 */
export async function measured(load, loop, sends) {
  const record = new Record();
  let isOver = false;
  const loaded = loop(sends, load, record, () => isOver);
  await delay(load.warmUpSeconds * 1000);
  record.isMeasuring = true;
  process.send('begun');
  const begun = performance.now();
  await delay(load.seconds * 1000);
  record.isMeasuring = false;
  process.send('ended');
  const seconds = (performance.now() - begun) / 1000;
  isOver = true;
  await loaded;
  const { sent, acknowledged, refused, latencies } = record;
  return {
    sent,
    acknowledged,
    refused,
    perSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

/** Waits until all has arrived, or until it is too late. */
export async function arrival(isAllThere) {
  for (let waited = 0; !isAllThere() && waited < LATEST; waited += 50) await delay(50);
}

/** Makes every load that this process is told to make, and tells what came of it. */
export async function answerLoads(run) {
  for (;;) {
    const [load] = await once(process, 'message');
    process.send(await run(load));
  }
}
