import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { percentile } from './statistics.mjs';

/** Requests in flight where throughput is measured. */
const IN_FLIGHT = 8;

/** Before what is measured, in milliseconds. */
const WARM_UP = 500;

/**
 * Measures every read of one person over HTTP.
 *
 * @param others - the people this person talks with
 * @param somethingNew - stores some new messages
 * @param say - told each figure as it is known
 */
export async function measureReads({ url, token, others, somethingNew, seconds, say }) {
  const pool = new Pool(url, { connections: IN_FLIGHT });
  const client = new Client(pool, token);
  const [other] = others;
  const results = [];
  const note = async (name, read) => {
    const p50 = (await load(read, 1, seconds)).p50;
    const { perSecond } = await load(read, IN_FLIGHT, seconds);
    results.push({ name, p50, perSecond });
    say(`${name}: p50 ${p50.toFixed(2)} ms, ${Math.round(perSecond)}/s`);
  };
  try {
    const newest = await client.get(`/api/messages/${other}?limit=50`);
    const middle = Math.ceil((newest.at(-1)?.seq ?? 1) / 2) + 1;
    await note('history, newest 50', () => client.get(`/api/messages/${other}?limit=50`));
    await note('history, 50 in the middle', () =>
      client.get(`/api/messages/${other}?limit=50&before=${middle}`),
    );
    await note('inbox, first page', () => client.get('/api/conversations'));
    await note('unread counts', () => client.get('/api/conversations/unread'));
    const conversations = await client.tokens();
    await note('sync, nothing new', () => client.sync({ conversations }, 0));
    const added = await somethingNew();
    await note(`sync, ${added} new messages`, () => client.sync({ conversations }, added));
    return results;
  } finally {
    await pool.close();
  }
}

/** The person's device. */
class Client {
  constructor(pool, token) {
    this.pool = pool;
    this.headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  get(path) {
    return this.#ask({ path, method: 'GET' });
  }

  /** @param expected - messages that the answer must bring */
  async sync(body, expected) {
    const answer = await this.#ask({ path: '/api/sync', method: 'POST', body: JSON.stringify(body) });
    const came = answer.conversations.reduce((sum, { messages }) => sum + messages.length, 0);
    if (expected !== undefined && came !== expected) throw new Error(`${came} messages, not ${expected}`);
    return answer;
  }

  /** What a device that has everything names. */
  async tokens() {
    const tokens = {};
    for (let isWhole = false; !isWhole;) {
      let cursor = null;
      isWhole = true;
      do {
        const answer = await this.sync({ conversations: tokens, limit: 1000, ...(cursor && { cursor }) });
        if (answer.conversations.length > 0) isWhole = false;
        for (const { conversationId, token } of answer.conversations) tokens[conversationId] = token;
        ({ cursor } = answer);
      } while (cursor !== null);
    }
    return tokens;
  }

  async #ask(request) {
    const { statusCode, body } = await this.pool.request({ ...request, headers: this.headers });
    const answer = await body.json();
    if (statusCode !== 200) throw new Error(`${request.path}: ${statusCode} ${JSON.stringify(answer)}`);
    return answer;
  }
}

/** The next request of each line as soon as one is answered. */
async function load(read, inFlight, seconds) {
  const latencies = [];
  const state = { isMeasuring: false, isOver: false };
  const line = async () => {
    while (!state.isOver) {
      const begun = performance.now();
      await read();
      if (state.isMeasuring) latencies.push(performance.now() - begun);
    }
  };
  const lines = Promise.all(Array.from({ length: inFlight }, line));
  await Promise.race([delay(WARM_UP), lines]);
  state.isMeasuring = true;
  const begun = performance.now();
  await Promise.race([delay(seconds * 1000), lines]);
  state.isMeasuring = false;
  const passed = (performance.now() - begun) / 1000;
  state.isOver = true;
  await lines;
  return { p50: percentile(latencies, 0.5), perSecond: latencies.length / passed };
}
