import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { dataOf, friends } from '../support/person.js';
import { HAS_REDIS, RedisServer } from '../support/redis.js';
import { SlowLine } from '../support/slow-line.js';
import { TwoNodes } from '../support/two-nodes.js';

/** How long each command takes to Redis, in milliseconds. */
const LAG = 800;

(HAS_REDIS ? describe : describe.skip)('With a slow Redis', () => {
  let line: SlowLine;
  let nodes: TwoNodes;
  beforeAll(async () => {
    const redis = await RedisServer.start();
    line = await SlowLine.before(redis.url);
    nodes = await TwoNodes.start({ REDIS_URL: `redis://${line.host}` }, redis);
  });
  afterAll(async () => {
    line.lags(0);
    await nodes.stop();
    await line.close();
  });

  test('nobody on one node waits for it, and the others hear all in order', async () => {
    const { ann, bob } = await friends(nodes.here.url);
    const [anns, bobsHere] = [await ann.connects(), await bob.connects()];
    const bobsThere = await bob.at(nodes.there.url).connects();
    line.lags(LAG);
    const texts = Array.from({ length: 6 }, (_, index) => `Number ${index} of all`);
    for (const text of texts) {
      // It cannot get to Redis before this lets it through: answer and push come all the same.
      line.holds();
      dataOf(await anns.asks('sendMessage', { recipientId: bob.id, text }));
      await bobsHere.hears('receiveMessage', (message) => message.text === text);
      expect(line.arrived.includes(text)).toBe(false);
      line.passes();
    }
    await bobsThere.hears('receiveMessage', ({ text }) => text === texts.at(-1));
    expect(bobsThere.all('receiveMessage').map(({ text }) => text)).toEqual(texts);

    line.lags(0);
    await eventually(() => nodes.areDegraded(false));
    // That it goes this way at all; on a busy machine Redis may count as away for a moment more.
    await eventually(async () => {
      await ann.says(bob, 'As always');
      return line.arrived.includes('As always');
    });
    await bobsThere.hears('receiveMessage', ({ text }) => text === 'As always');
    for (const device of [anns, bobsHere, bobsThere]) device.close();
  });
});
