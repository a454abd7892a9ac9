import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from '../support/device.js';
import { eventually } from '../support/eventually.js';
import type { HttpAnswer } from '../support/person.js';
import { isOffline, isOnline, placeOf, Scene } from './scene.js';
import { type Context, SCRIPT } from './script.js';
import { Anonymizer, headersOf, type WatchedApp } from './transcript.js';

/** One thing that Ann does, what she is answered, what her devices are told meanwhile, and what it costs. */
export interface Step {
  name: string;
  answer: unknown;
  told: unknown;
  /** Commands to the database, each with its collection. */
  commands: string[];
}

/** How Bob is when Ann begins. Where there is no block he truly is as he looks behind one. */
export const SITUATIONS = {
  'B was never there': { isThere: false, areFriends: true },
  'B is there, and looks gone': { isThere: true, areFriends: true },
  'B ended the friendship': { isThere: false, areFriends: false },
} as const;

export type Situation = keyof typeof SITUATIONS;

/**
 * What Ann lives through, with Bob's block or without, in words that are the same for every Ann and Bob. The two
 * stay connected: that they go would cost something, too, while the next story is told.
 */
export async function live(
  app: WatchedApp,
  situation: Situation,
  isBlocked: boolean,
): Promise<{ steps: Step[]; scene: Scene }> {
  const scene = await Scene.begin(app.url, 'later');
  return { scene, steps: await liveIn(scene, app, situation, isBlocked) };
}

async function liveIn(scene: Scene, app: WatchedApp, situation: Situation, isBlocked: boolean) {
  const { ann, bob } = scene;
  const { isThere, areFriends } = SITUATIONS[situation];
  // All has arrived before they connect, so that no heartbeat is on its way.
  await ann.says(bob, 'one');
  const bobs = placeOf(await bob.says(ann, 'two'));
  await Promise.all([ann.reads(bob, '?limit=10'), bob.reads(ann)]);
  // Who is away at the block goes nowhere afterwards, so nobody is told of it in the middle of the story.
  if (isBlocked && !isThere) await bob.blocks(ann);
  const phone = await ann.connects();
  const devices = [phone, await ann.connects()];
  if (isThere) {
    const desk = await bob.connects();
    await Promise.all(devices.map(isOnline));
    if (isBlocked) await bob.blocks(ann);
    else desk.close();
    await Promise.all([...devices, ...(isBlocked ? [desk] : [])].map(isOffline));
  }
  if (!areFriends) await bob.delete(`/api/friends/${ann.id}`);
  return new Story(app, devices, new Anonymizer()).tell({ scene, phone, bobs });
}

/** After so many milliseconds nothing follows a typing any more, but its end. */
const TYPING_SETTLES = 1100;

/** Does one thing after the other and notes what comes of it. */
class Story {
  private readonly heard = new Map<Device, number>();

  constructor(
    private readonly app: WatchedApp,
    private readonly devices: Device[],
    private readonly words: Anonymizer,
  ) {}

  async tell(context: Context): Promise<Step[]> {
    await this.isStill();
    await this.hear();
    const steps: Step[] = [];
    for (const [name, act] of SCRIPT) {
      this.app.takeCommands();
      const answer = withHeaders(await act(context));
      // A second begin within the second is looked at when the second is over: no event tells when for the blocked.
      if (/typing/i.test(name)) await delay(TYPING_SETTLES);
      const told = await this.hear();
      await this.isStill();
      const commands = this.app.takeCommands();
      steps.push({ name, answer: this.words.of(answer), told: this.words.of(told), commands });
    }
    return steps;
  }

  /**
   * Until nothing is under way any more: several ways to the service and back in a row begin no command. One is not
   * enough, since what goes on behind an answer has pauses too.
   */
  private async isStill(): Promise<void> {
    let idle = 0;
    this.app.isBusy();
    await eventually(async () => {
      await this.devices[0]?.catchesUp();
      idle = this.app.isBusy() ? 0 : idle + 1;
      return idle >= 4;
    });
  }

  /** What each device was told since the last time. */
  private async hear(): Promise<unknown[]> {
    await Promise.all(this.devices.map((device) => device.catchesUp()));
    return this.devices.map((device) => {
      const told = device.seen.slice(this.heard.get(device));
      this.heard.set(device, device.seen.length);
      return told;
    });
  }
}

function withHeaders(answer: unknown): unknown {
  const { headers, ...rest } = answer as Partial<HttpAnswer>;
  return headers ? { ...rest, headers: headersOf(headers) } : answer;
}
