/**
 * The load generator for several nodes, a process of its own: both people of each pair send, each on a node of theirs.
 *
 * A load: `{ pairs: [[person, person]], inFlight, warmUpSeconds, seconds }`, a person being `{ url, token, otherId }`
 * and `inFlight` counted for each of them. Said and told is the same as by `load.mjs`, but for what was received:
 * `lost` are messages that were acknowledged and not received by the other, `disordered` those received twice or
 * behind a later one.
 */
import { answerLoads, arrival, closedLoop, connected, measured, TEXT } from './loading.mjs';

class Person {
  acknowledged = [];
  received = new Set();
  disordered = 0;
  #last = 0;

  static async open({ url, token, otherId }) {
    const person = new Person();
    person.otherId = otherId;
    person.socket = await connected(url, token);
    person.socket.on('receiveMessage', (message) => person.#receive(message));
    return person;
  }

  async send() {
    const answer = await this.socket.emitWithAck('sendMessage', { recipientId: this.otherId, text: TEXT });
    if (answer.success) this.acknowledged.push(answer.data._id);
    return answer.success === true;
  }

  /** Everybody here talks with one other only, so there is one order. */
  #receive({ _id, seq }) {
    if (seq <= this.#last) this.disordered += 1;
    this.#last = seq;
    this.received.add(_id);
  }
}

const sum = (figures) => figures.reduce((one, other) => one + other, 0);
const missed = (from, to) => from.acknowledged.filter((id) => !to.received.has(id)).length;

await answerLoads(async (load) => {
  const pairs = await Promise.all(load.pairs.map((pair) => Promise.all(pair.map((one) => Person.open(one)))));
  const people = pairs.flat();
  const figures = await measured(
    load,
    closedLoop,
    people.map((person) => () => person.send()),
  );
  const lost = () => sum(pairs.map(([one, other]) => missed(one, other) + missed(other, one)));
  await arrival(() => lost() === 0);
  for (const { socket } of people) socket.disconnect();
  return { ...figures, lost: lost(), disordered: sum(people.map(({ disordered }) => disordered)) };
});
