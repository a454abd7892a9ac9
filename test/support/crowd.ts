import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import type { ManagerOptions } from 'socket.io-client';
import type { Acknowledged, Evidence, Row, View } from './checker.js';
import type { Device } from './device.js';
import { friends, type Person } from './person.js';
import { Replica } from './replica.js';

export type Transport = 'http' | 'socket';

/** Somebody who talks with one other person. */
export interface Chatter {
  person: Person;
  partner: Person;
  /** Stays connected as an app does, and comes back by itself. */
  phone: Device;
  /** Syncs all along. */
  tablet: Replica;
  /** Syncs before and after, and not in between. */
  desktop: Replica;
  /** How the first attempt at a message is sent. */
  sendsBy: Transport;
}

/**
 * How a client waits before it connects again, and for a connection that was cut while it opened, of which Socket.IO
 * clients notice nothing else. In milliseconds, and shorter than by default, so that a test takes less time.
 */
const COMES_BACK = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 500, timeout: 3000 };

/** How long a phone may take to be back once everything is well again, in milliseconds: a bound against a hang. */
const BACK_WITHIN = 30_000;

interface Gathering {
  /** Pairs; both sides of each send. */
  conversations?: number;
  /** The node that the second of each pair uses. */
  partnersUrl?: string;
  /** The transports of each phone in turn. */
  transports?: NonNullable<ManagerOptions['transports']>[];
}

/** People in pairs who talk at the same time, half of them over sockets and half over HTTP. */
export class Crowd {
  private constructor(readonly chatters: Chatter[]) {}

  static async gathers(
    url: string,
    { conversations = 4, partnersUrl = url, transports = [['websocket']] }: Gathering = {},
  ): Promise<Crowd> {
    const pairs = await Promise.all(
      Array.from({ length: conversations }, async () => {
        const { ann, bob } = await friends(url);
        return { ann, bob: bob.at(partnersUrl) };
      }),
    );
    const chatters = pairs.flatMap(({ ann, bob }, index) => [
      chatter(ann, bob, 'socket', transports[(2 * index) % transports.length]),
      chatter(bob, ann, 'http', transports[(2 * index + 1) % transports.length]),
    ]);
    // So that all devices know of the conversation before it begins to matter.
    await Promise.all(pairs.map(({ ann, bob }) => ann.says(bob, 'Hello')));
    const crowd = new Crowd(await Promise.all(chatters));
    await crowd.syncs();
    return crowd;
  }

  /** Waits until every phone is connected again, without any doing of its owner. */
  async isBack(): Promise<void> {
    const until = performance.now() + BACK_WITHIN;
    for (const { phone, person } of this.chatters) {
      while (!phone.socket.connected) {
        if (performance.now() > until) throw new Error(`The phone of ${person.id} does not come back`);
        await delay(50);
      }
    }
  }

  /** Lets all devices sync and tells what they have, what was told, and what is stored. */
  async evidence(store: mongo.Db, acknowledged: Acknowledged[]): Promise<Evidence> {
    const told = this.chatters.map(toldOf);
    this.leaves();
    // A sync moves receipts, which the next one tells; then nothing moves any more.
    await this.syncs();
    await this.syncs();
    for (const replica of this.replicas) await replica.mustEqualFreshFetch();
    const views = this.chatters.flatMap(({ person, tablet, desktop }) => [
      viewOf(`tablet of ${person.id}`, tablet),
      viewOf(`desktop of ${person.id}`, desktop),
    ]);
    return { acknowledged, stored: await this.stored(store), views, told };
  }

  /** Closes all phones. */
  leaves(): void {
    for (const { phone } of this.chatters) phone.close();
  }

  private get replicas(): Replica[] {
    return this.chatters.flatMap(({ tablet, desktop }) => [tablet, desktop]);
  }

  private async syncs(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.sync()));
  }

  private async stored(store: mongo.Db): Promise<Row[]> {
    const senders = this.chatters.map(({ person }) => new mongo.ObjectId(person.id));
    const rows = await store
      .collection('messages')
      .find({ senderId: { $in: senders } })
      .toArray();
    // As it goes over the wire: ids as hex digits, times as ISO 8601.
    return JSON.parse(JSON.stringify(rows)) as Row[];
  }
}

async function chatter(
  person: Person,
  partner: Person,
  sendsBy: Transport,
  transports: ManagerOptions['transports'] = ['websocket'],
): Promise<Chatter> {
  return {
    person,
    partner,
    phone: await person.connects({ ...COMES_BACK, transports: transports as string[] }),
    tablet: new Replica(person, 'latest tokens'),
    desktop: new Replica(person),
    sendsBy,
  };
}

function viewOf(of: string, replica: Replica): View {
  const messages = [...replica.held.values()].flatMap((held) => [...held.messages.values()]);
  return { of, userId: replica.owner.id, messages };
}

function toldOf({ person, phone }: Chatter): View {
  const messages = [...phone.all('receiveMessage'), ...phone.all('messageSent')];
  return { of: `phone of ${person.id}`, userId: person.id, messages };
}
