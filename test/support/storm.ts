import { setTimeout as delay } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { ErrorCode } from '../../src/common/errors/codes.js';
import type { Message } from '../../src/realtime/wire.js';
import { type Acknowledged, complaintsAbout } from './checker.js';
import type { Choices } from './choices.js';
import type { Chatter, Crowd, Transport } from './crowd.js';

/** One try at sending a message. */
export interface Attempt {
  clientMessageId: string;
  transport: Transport;
  /** By the monotonic clock, in milliseconds. */
  began: number;
  ended: number;
  outcome: 'acknowledged' | 'repeated' | 'no answer' | ErrorCode;
}

/** What may be tried again: nobody answered, or nothing is wrong with the message. */
const PASSING = new Set<Attempt['outcome']>(['no answer', 'unavailable', 'outcome_unknown']);

/** How long a sender tries before it is a failure, in milliseconds: a bound against a hang. */
const PATIENCE = 75_000;

/** Pauses between messages, tries and syncs, in milliseconds. */
const BETWEEN_MESSAGES = 10;
const BETWEEN_TRIES = 100;
const BETWEEN_SYNCS = 500;

/** The share of acknowledged messages that the recipient looks for at once. */
const LOOKED_FOR = 0.1;

let storms = 0;

/**
 * Everybody in a crowd sends, one message after the other, each under one `clientMessageId` until it is
 * acknowledged, whatever happens meanwhile; a second try takes the other transport.
 */
export class Storm {
  /** In the order of the answers. */
  readonly acknowledged: Acknowledged[] = [];
  readonly attempts: Attempt[] = [];
  private readonly name = `storm-${(storms += 1)}`;
  private readonly work: Promise<void>[];
  private isOver = false;
  private failure: unknown;
  private looks: (() => void)[] = [];

  constructor(
    readonly crowd: Crowd,
    private readonly choices: Choices,
  ) {
    this.work = crowd.chatters.flatMap((chatter, index) => [
      this.guarded(this.talks(chatter, `${this.name}-${index}`)),
      this.guarded(this.syncs(chatter)),
    ]);
  }

  /** Waits until so many more are acknowledged. @throws Error if a sender has given up */
  async hasAcknowledged(more: number): Promise<void> {
    const enough = this.acknowledged.length + more;
    await this.until(() => this.acknowledged.length >= enough);
  }

  /** The attempts that both began and ended within these times. */
  between(from: number, to = Infinity): Attempt[] {
    return this.attempts.filter(({ began, ended }) => began > from && ended < to);
  }

  /** No new messages; waits until those under way are acknowledged. @throws Error if a sender has given up */
  async end(): Promise<Acknowledged[]> {
    this.isOver = true;
    await Promise.all(this.work);
    if (this.failure) throw this.failure;
    return this.acknowledged;
  }

  /** Ends, and waits until everybody is back. @returns what of the promises was broken, see the checker */
  async complaints(store: mongo.Db): Promise<string[]> {
    await this.end();
    await this.crowd.isBack();
    return complaintsAbout(await this.crowd.evidence(store, this.acknowledged));
  }

  /** Leaves nothing running, whatever has come of it. */
  async leaves(): Promise<void> {
    await this.end().catch(() => undefined);
    this.crowd.leaves();
  }

  /** Tries once to send, whatever comes of it. @returns the message, if it was acknowledged */
  async tries(chatter: Chatter, key: string, transport = chatter.sendsBy): Promise<Message | undefined> {
    const began = performance.now();
    const [outcome, message] =
      transport === 'http' ? await overHttp(chatter, key) : await overSocket(chatter, key);
    this.attempts.push({ clientMessageId: key, transport, began, ended: performance.now(), outcome });
    this.look();
    if (message || PASSING.has(outcome)) return message;
    throw new Error(`${key} of ${chatter.person.id} was refused over ${transport}: ${outcome}`);
  }

  /**
   * Sends until it is acknowledged, every other time over the other transport.
   *
   * @param key - its `clientMessageId`
   * @param line - what it was sent one after the other with
   */
  async sends(chatter: Chatter, key: string, transport = chatter.sendsBy, line = key): Promise<Message> {
    const deadline = performance.now() + PATIENCE;
    for (let next = transport; ; next = next === 'http' ? 'socket' : 'http') {
      const answer = await this.tries(chatter, key, next);
      if (answer) {
        this.note(chatter, key, line, answer);
        return answer;
      }
      if (performance.now() > deadline) {
        const tries = this.attempts.filter(({ clientMessageId }) => clientMessageId === key);
        throw new Error(`${key} of ${chatter.person.id} is not acknowledged: ${JSON.stringify(tries)}`);
      }
      await delay(BETWEEN_TRIES);
    }
  }

  private note({ person, partner }: Chatter, clientMessageId: string, line: string, answer: Message): void {
    const [senderId, recipientId, text] = [person.id, partner.id, textOf(clientMessageId)];
    this.acknowledged.push({ senderId, recipientId, text, clientMessageId, line, answer });
    this.look();
  }

  private async talks(chatter: Chatter, line: string): Promise<void> {
    for (let number = 1; !this.isOver; number += 1) {
      const message = await this.sends(chatter, `${line}-${number}`, chatter.sendsBy, line);
      if (this.choices.happens(LOOKED_FOR)) await this.mustBeThere(chatter, message);
      await delay(BETWEEN_MESSAGES);
    }
  }

  /** There is no moment at which the history lags behind an acknowledgement. */
  private async mustBeThere({ person, partner }: Chatter, { seq, _id }: Message): Promise<void> {
    const path = `/api/messages/${person.id}?after=${seq - 1}&limit=1`;
    while (!this.failure) {
      const answer = await partner.get<Message[]>(path).catch(mustBeOfNetwork);
      if (answer?.status === 200) {
        if (answer.body[0]?._id === _id) return;
        throw new Error(
          `${partner.id} lacks ${_id}, number ${seq}, as soon as it is acknowledged to ${person.id}`,
        );
      }
      if (answer && answer.status !== 503) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      await delay(BETWEEN_TRIES);
    }
  }

  private async syncs({ tablet }: Chatter): Promise<void> {
    while (!this.isOver) {
      await tablet.sync().catch((error: Error) => {
        if (!error.message.includes('"code":"unavailable"')) mustBeOfNetwork(error);
      });
      await delay(BETWEEN_SYNCS);
    }
  }

  private async until(isSo: () => boolean): Promise<void> {
    const timer = setTimeout(
      () => this.fail(new Error(`${this.name} comes to nothing: ${this.summary}`)),
      PATIENCE,
    );
    try {
      while (!isSo()) {
        if (this.failure) throw this.failure;
        await new Promise<void>((resolve) => this.looks.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private get summary(): string {
    return JSON.stringify({ acknowledged: this.acknowledged.length, last: this.attempts.slice(-20) });
  }

  /** One that gives up ends the storm. */
  private async guarded(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.isOver = true;
    this.look();
  }

  private look(): void {
    for (const look of this.looks.splice(0)) look();
  }
}

/** What is sent under a key. */
const textOf = (clientMessageId: string): string => `text of ${clientMessageId}`;

type Tried = [outcome: Attempt['outcome'], message?: Message];

async function overHttp({ person, partner }: Chatter, key: string): Promise<Tried> {
  const answer = await person.posts(partner, textOf(key), key).catch(mustBeOfNetwork);
  if (!answer) return ['no answer'];
  const { status, body } = answer;
  if (status === 201) return ['acknowledged', body];
  return status === 200 ? ['repeated', body] : [body.code ?? 'internal'];
}

async function overSocket({ phone, partner }: Chatter, key: string): Promise<Tried> {
  const message = { recipientId: partner.id, text: textOf(key), clientMessageId: key };
  // It rejects only where no answer came: the connection has ended, or it took too long.
  const answer = await phone.asks('sendMessage', message).catch(() => undefined);
  if (!answer) return ['no answer'];
  return answer.success ? ['acknowledged', answer.data] : [answer.code];
}

/** Lets an error of the network pass: the connection was refused, reset, or ended in the middle. */
function mustBeOfNetwork(error: unknown): undefined {
  const { name, message } = error as Error;
  if (name === 'TypeError' && /^(fetch failed|terminated)$/.test(message)) return;
  throw error;
}
