import fc from 'fast-check';
import type { Message } from '../../../src/realtime/wire.js';
import type { Cast } from '../actors.js';
import { mustEqual, mustHaveStatus, withoutStatus } from '../checks/compare.js';
import type { Draft } from '../conversation.js';
import { type Deed, isLive, phoneOf, type Via, viaText } from '../deed.js';
import type { Phone } from '../phone.js';
import type { Sent } from '../words.js';
import type { World } from '../world.js';
import { pair, place, via } from './choices.js';

/** What became of a send. */
interface Answer {
  /** Unknown over the socket. */
  isNew?: boolean;
  message?: Message;
  code?: string | undefined;
}

const IMAGE = { type: 'image', url: 'https://example.org/a.jpg' } as const;

/** So few keys that they are used again, for the same and for something else. */
const keys = fc.constantFrom('key-0', 'key-1', 'key-2');

const send: fc.Arbitrary<Deed> = fc
  .record({
    pair,
    via,
    text: fc.constantFrom('a', 'b'),
    key: fc.option(keys, { nil: undefined, freq: 3 }),
    attachment: fc.option(fc.constant(IMAGE), { nil: undefined, freq: 1 }),
  })
  .map(({ pair: [by, to], via: route, ...content }) => ({
    name: 'send',
    among: [by, to],
    says: `${by} sends ${JSON.stringify(content)} to ${to} from ${viaText(by, route)}`,
    act: (world, cast) => sends(world, cast, { by, to, ...content }, route),
  }));

/** Something that was sent under a key is sent again, from wherever. */
const resend: fc.Arbitrary<Deed> = fc
  .record({ pair, via, place })
  .map(({ pair: [by, to], via: route, place: at }) => ({
    name: 'resend',
    among: [by, to],
    says: `${by} sends the keyed message ${at} to ${to} again from ${viaText(by, route)}`,
    act: async (world, cast) => {
      const keyed = world
        .conversation(by, to)
        .said.filter((said) => said.by === by && said.key !== undefined);
      const { text, attachment, key } = keyed[at % Math.max(1, keyed.length)] ?? {
        text: 'first',
        key: 'key-0',
      };
      await sends(world, cast, { by, to, text, attachment, key }, route);
    },
  }));

/** The answer is lost, with the connection or alone, and the same is sent again. */
const lose: fc.Arbitrary<Deed> = fc
  .record({ pair, via, hangsUp: fc.boolean() })
  .map(({ pair: [by, to], via: route, hangsUp }) => ({
    name: hangsUp ? 'hang up' : 'send twice at once',
    among: [by, to],
    says: `${by} sends to ${to} from ${viaText(by, { ...route, way: 'socket' })}, ${
      hangsUp ? 'hangs up' : 'does not wait'
    }, and sends it again by http`,
    act: async (world, cast) => {
      const key = `lost-${world.conversation(by, to).said.length}-${cast.nextNumber()}`;
      await loses(world, cast, { by, to, text: 'lost', key }, phoneOf(cast, by, route), hangsUp);
    },
  }));

export const sending: fc.WeightedArbitrary<Deed>[] = [
  { weight: 260, arbitrary: send },
  { weight: 40, arbitrary: resend },
  { weight: 40, arbitrary: lose },
];

async function sends(world: World, cast: Cast, draft: Draft, route: Via): Promise<void> {
  const phone = phoneOf(cast, draft.by, route);
  const body = bodyOf(cast, draft);
  const answer = isLive(phone, route) ? await bySocket(phone, body) : await byHttp(phone, body);
  mustBeAnswered(world, cast, draft, world.send(draft), answer, phone);
}

async function loses(world: World, cast: Cast, draft: Draft, phone: Phone, hangsUp: boolean): Promise<void> {
  const body = bodyOf(cast, draft);
  const first = phone.isOnline ? begin(phone, body, hangsUp) : undefined;
  if (first && hangsUp) {
    await first;
    world.disconnect(phone.name);
  }
  const answer = await byHttp(phone, body);
  await first;
  const sent = world.send(draft);
  // Which of the two stored it is not known.
  delete answer.isNew;
  mustBeAnswered(world, cast, draft, sent, answer, phone);
}

/** Sends without taking note of the answer; resolved when the service has begun with it at least. */
function begin(phone: Phone, body: object, hangsUp: boolean): Promise<unknown> {
  if (!hangsUp) return phone.line.asks('sendMessage', body);
  phone.line.emits('sendMessage', body, () => undefined);
  return phone.disconnect();
}

export function bodyOf(cast: Cast, { to, text, attachment, key }: Draft): object {
  return {
    recipientId: cast.of(to).id,
    text,
    ...(attachment && { attachment }),
    ...(key !== undefined && { clientMessageId: key }),
  };
}

export async function bySocket(phone: Phone, body: object): Promise<Answer> {
  const answer = await phone.line.asks('sendMessage', body);
  return answer.success ? { message: answer.data } : { code: answer.code };
}

export async function byHttp(phone: Phone, body: object): Promise<Answer> {
  const { status, body: answer } = await phone.call<Message>('POST', '/api/messages/send', body);
  return status < 300 ? { message: answer, isNew: status === 201 } : { code: answer.code };
}

/** What the model says is what was answered. */
export function mustBeAnswered(
  world: World,
  cast: Cast,
  draft: Draft,
  sent: Sent,
  { message, code, isNew }: Answer,
  phone: Phone,
): void {
  const { by, to } = draft;
  if ('code' in sent || !message) {
    mustEqual(
      `The answer to ${by}`,
      { code, message },
      { code: 'code' in sent ? sent.code : undefined, message: undefined },
    );
    return;
  }
  if (isNew !== undefined) mustEqual('Whether it is new', isNew, sent.isNew);
  if (isNew) mustEqual('The status of a new message', message.status, 'sent');
  phone.copy.keep(message);
  const said = world.conversation(by, to).said[sent.seq - 1];
  if (!said) throw new Error('The model has lost a message');
  mustHaveStatus(world, by, said, message);
  if (said.wire) {
    mustEqual('The stored message', withoutStatus(message), said.wire);
  } else {
    mustBeWellFormed(world, cast, draft, said.seq, message);
    said.wire = withoutStatus(message);
  }
}

function mustBeWellFormed(world: World, cast: Cast, draft: Draft, seq: number, message: Message): void {
  const { by, to, text, attachment, key } = draft;
  const { _id, conversationId, createdAt, ...rest } = message;
  mustEqual('The message', rest, {
    senderId: cast.of(by).id,
    recipientId: cast.of(to).id,
    text,
    ...(attachment && { attachment }),
    status: rest.status,
    seq,
    ...(key !== undefined && { clientMessageId: key }),
  });
  const before = world.conversation(by, to).said[seq - 2]?.wire;
  if (
    before &&
    (createdAt < before.createdAt || conversationId !== before.conversationId || _id === before._id)
  ) {
    throw new Error(`Out of place: ${JSON.stringify(message)} behind ${JSON.stringify(before)}`);
  }
}
