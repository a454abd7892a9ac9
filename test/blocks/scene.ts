import { expect } from '@jest/globals';
import type { Payload, ServerEvent } from '../../src/realtime/client-events.js';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import type { Message } from '../../src/realtime/wire.js';
import { dataOf, friends, type Person } from '../support/person.js';

/** When the sockets of the two were opened: they are open when the block comes, or they open behind it. */
export const ORDERS = {
  open: 'on sockets that are already open',
  later: 'on sockets opened behind the block',
} as const;

export type Order = keyof typeof ORDERS;

/** Two devices of Ann, whom Bob blocks, and two of Bob. */
export interface Devices {
  phone: Device;
  laptop: Device;
  desk: Device;
  tablet: Device;
}

interface Heard {
  event: string;
  payload: unknown;
}

/** Ann and Bob, who are friends, and the block that comes between them. Ann is A of the matrix, Bob is B. */
export class Scene {
  private devices: Devices | undefined;
  /** What each device had heard when the block stood and all devices were there. */
  private readonly heardBefore = new Map<Device, number>();

  private constructor(
    readonly ann: Person,
    readonly bob: Person,
    readonly order: Order,
  ) {}

  static async begin(url: string, order: Order): Promise<Scene> {
    const { ann, bob } = await friends(url);
    const scene = new Scene(ann, bob, order);
    if (order === 'open') scene.devices = await scene.connectAll();
    return scene;
  }

  /** Bob blocks Ann. */
  async block(): Promise<Devices> {
    return this.put([[this.bob, this.ann]]);
  }

  /** Each blocks the other. */
  async blockBoth(): Promise<Devices> {
    return this.put([
      [this.bob, this.ann],
      [this.ann, this.bob],
    ]);
  }

  /**
   * One writes to the other before the block. Where the other's devices are open it has arrived, so that no receipt
   * is on its way when the block comes.
   */
  async wrote(from: Person, text = 'before'): Promise<Message> {
    const to = from === this.ann ? this.bob : this.ann;
    const message = await from.says(to, text);
    const { early } = this;
    const receivers = !early
      ? []
      : to === this.ann
        ? [early.phone, early.laptop]
        : [early.desk, early.tablet];
    for (const device of receivers) dataOf(await device.asks('messageDelivered', placeOf(message)));
    return message;
  }

  /** All that a device heard since the block. */
  async heard(device: Device): Promise<Heard[]> {
    await device.catchesUp();
    return device.seen.slice(this.heardBefore.get(device));
  }

  /** Devices heard nothing since the block, but that the other went offline, as the matrix says of presence. */
  async isQuiet(...devices: Device[]): Promise<void> {
    for (const device of devices) {
      expect((await this.heard(device)).filter((seen) => !isGoingOffline(seen))).toEqual([]);
    }
  }

  /** What is heard from here on counts as heard since the block. */
  async startsListening(): Promise<void> {
    for (const device of Object.values(this.devices ?? {}) as Device[]) {
      await device.catchesUp();
      this.heardBefore.set(device, device.seen.length);
    }
  }

  /** Until each of the two looks offline to the other. */
  async untilOffline(): Promise<void> {
    for (const [me, other] of [
      [this.ann, this.bob],
      [this.bob, this.ann],
    ] as const) {
      await eventually(async () => !(await looks(me, other)).isOnline);
    }
    await Promise.all(Object.values(this.devices ?? {}).map((device: Device) => device.catchesUp()));
  }

  /** The devices that are open before the block, if any are. */
  get early(): Devices | undefined {
    return this.order === 'open' ? this.devices : undefined;
  }

  leaves(): void {
    this.ann.leaves();
    this.bob.leaves();
  }

  private async put(blocks: [blocker: Person, blocked: Person][]): Promise<Devices> {
    for (const [blocker, blocked] of blocks) await blocker.blocks(blocked);
    this.devices ??= await this.connectAll();
    await this.startsListening();
    return this.devices;
  }

  private async connectAll(): Promise<Devices> {
    const { ann, bob } = this;
    const phone = await ann.connects();
    const laptop = await ann.connects();
    const desk = await bob.connects();
    const tablet = await bob.connects();
    // Told to both of Ann's devices, and behind what Bob's were told of Ann.
    if (this.order === 'open') await Promise.all([isOnline(phone), isOnline(laptop)]);
    return { phone, laptop, desk, tablet };
  }
}

/** Where a message stands, as receipts name it. */
export function placeOf({ conversationId, seq }: Message): { conversationId: string; seq: number } {
  return { conversationId, seq };
}

/** The next news that somebody is online. */
export function isOnline(device: Device): Promise<Payload<'userStatus'>> {
  return device.hears('userStatus', (status) => status.isOnline);
}

/** The next news that somebody is offline. */
export function isOffline(device: Device): Promise<Payload<'userStatus'>> {
  return device.hears('userStatus', (status) => !status.isOnline);
}

export interface Look {
  isOnline: boolean;
  lastSeen: string | null;
}

/** How the friend looks in somebody's friends list. */
export async function looks(viewer: Person, friend: Person): Promise<Look> {
  const { body } = await viewer.get<{ friends: (Look & { _id: string })[] }>('/api/friends');
  const { isOnline, lastSeen } = body.friends.find(({ _id }) => _id === friend.id) as Look;
  return { isOnline, lastSeen };
}

/** The payloads of one event among what was heard. */
export function payloadsOf(heard: Heard[], event: ServerEvent): unknown[] {
  return heard.filter((seen) => seen.event === event).map(({ payload }) => payload);
}

function isGoingOffline({ event, payload }: Heard): boolean {
  return event === 'userStatus' && !(payload as Look).isOnline;
}
