/**
 * The load generator, a process of its own: `process.send` gets the result of each load that it is told to make.
 *
 * A load: `{ url, transport: 'socket' | 'http', pairs: [{ sender, recipient, recipientId }], inFlight | perSecond,
 * warmUpSeconds, seconds }`, `sender` and `recipient` being tokens. `'begun'` and `'ended'` are said around the
 * measured part. The result counts what was sent, refused, acknowledged and received over all, and gives throughput
 * and latencies (ms) of the measured part.
 */
import { Pool } from 'undici';
import { answerLoads, arrival, closedLoop, connected, fixedRate, measured, TEXT } from './loading.mjs';

/** Sockets of both people of each pair; what the recipients were told is counted. */
class SocketPeople {
  received = 0;

  async open({ url, pairs }) {
    this.senders = await Promise.all(pairs.map(({ sender }) => connected(url, sender)));
    this.recipients = await Promise.all(pairs.map(({ recipient }) => connected(url, recipient)));
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

await answerLoads(async (load) => {
  const people = load.transport === 'http' ? new HttpPeople() : new SocketPeople();
  await people.open(load);
  const sends = load.pairs.map((pair, index) => () => people.send(index, pair));
  const figures = await measured(load, load.perSecond ? fixedRate : closedLoop, sends);
  if (load.transport === 'socket') await arrival(() => people.received >= figures.acknowledged);
  await people.close();
  return { ...figures, received: people.received };
});
