/**
 * The load generator, a process of its own: `process.send` gets the result of each load that it is told to make.
 *
 * A load: `{ url, transport: 'socket' | 'http', pairs: [{ sender, recipient, recipientId }], inFlight | perSecond,
 * warmUpSeconds, seconds }`, `sender` and `recipient` being tokens. `'begun'` and `'ended'` are said around the
 * measured part. The result counts what was sent, refused, acknowledged and received over all, and gives throughput
 * and latencies (ms) of the measured part.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { Pool } from 'undici';
import { percentile } from './statistics.mjs';

/** How long what was acknowledged may take to arrive, in milliseconds. */
const LATEST = 15_000;

const TEXT = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all.';

/** Sockets of both people of each pair; what the recipients were told is counted. */
class SocketPeople {
  received = 0;

  async open({ url, pairs }) {
    const connect = async (token) => {
      const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } });
      await new Promise((resolve, reject) => {
        socket.once('ready', resolve);
        socket.once('connect_error', reject);
      });
      return socket;
    };
    this.senders = await Promise.all(pairs.map(({ sender }) => connect(sender)));
    this.recipients = await Promise.all(pairs.map(({ recipient }) => connect(recipient)));
    for (const socket of this.recipients) socket.on('receiveMessage', () => (this.received += 1));
  }

  async send(pair, { recipientId }) {
    const answer = await this.senders[pair].emitWithAck('sendMessage', { recipientId, text: TEXT });
    return answer.success === true;
  }

  async close() {
    for (const socket of [...this.senders, ...this.recipients]) socket.disconnect();
  }
}

/** The same by HTTP, where nobody listens. */
class HttpPeople {
  async open({ url, pairs, inFlight }) {
    this.pool = new Pool(url, { connections: pairs.length * inFlight });
  }

  async send(_, { sender, recipientId }) {
    const { statusCode, body } = await this.pool.request({
      path: '/api/messages/send',
      method: 'POST',
      headers: { authorization: `Bearer ${sender}`, 'content-type': 'application/json' },
      body: JSON.stringify({ recipientId, text: TEXT }),
    });
    await body.dump();
    return statusCode === 201;
  }

  close() {
    return this.pool.close();
  }
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

/** Each pair sends the next as soon as one is answered, so many at a time. */
async function closedLoop({ pairs, inFlight }, record, people, isOver) {
  const sender = async (pair, index) => {
    while (!isOver()) await record.note(() => people.send(index, pair));
  };
  const senders = pairs.flatMap((pair, index) => Array.from({ length: inFlight }, () => sender(pair, index)));
  await Promise.all(senders);
}

/** So many a second, whether the ones before are answered or not, one pair after the other. */
async function fixedRate({ pairs, perSecond }, record, people, isOver) {
  const sends = [];
  const begun = performance.now();
  for (let count = 0; !isOver(); count += 1) {
    const wait = begun + (count * 1000) / perSecond - performance.now();
    if (wait > 0) await delay(wait);
    const index = count % pairs.length;
    sends.push(record.note(() => people.send(index, pairs[index])));
  }
  await Promise.all(sends);
}

async function run(load) {
  const people = load.transport === 'http' ? new HttpPeople() : new SocketPeople();
  await people.open(load);
  const record = new Record();
  let isOver = false;
  const loop = load.perSecond ? fixedRate : closedLoop;
  const loaded = loop(load, record, people, () => isOver);
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
  if (load.transport === 'socket') await isReceived(people, record);
  await people.close();
  const { sent, acknowledged, refused, latencies } = record;
  return {
    sent,
    acknowledged,
    refused,
    received: people.received,
    perSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

async function isReceived(people, { acknowledged }) {
  for (let waited = 0; people.received < acknowledged && waited < LATEST; waited += 50) await delay(50);
}

for (;;) {
  const [load] = await once(process, 'message');
  process.send(await run(load));
}
