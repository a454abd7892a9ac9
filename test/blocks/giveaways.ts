import { expect } from '@jest/globals';
import type { Message } from '../../src/realtime/wire.js';
import { dataOf } from '../support/person.js';
import { payloadsOf, Scene, looks } from './scene.js';
import { SITUATIONS, type Situation, type Step } from './twins.js';

/** What a case of this table has at hand. */
export interface Stage {
  url: string;
  /** Of a service whose grace period never ends within a test. */
  patientUrl: string;
  /** The same story of A twice: with B's block, and without. */
  twins: Partial<Record<Situation, { blocked: Step[]; free: Step[] }>>;
  /** Tells the story of this situation anew. */
  tell(situation: Situation): Promise<void>;
}

interface GiveawayCase {
  name: string;
  check: (stage: Stage) => Promise<void>;
  /** Promised and not kept yet: it fails until it is. */
  isOwed?: true;
}

/** Something by which A could notice the block, and why A does not. */
export interface Giveaway {
  by: string;
  says: string;
  cases: [GiveawayCase, ...GiveawayCase[]];
}

type Aspect = (step: Step) => unknown;

/** Of each step the same, with the block and without. */
async function isSame(
  { twins }: Stage,
  situation: Situation,
  aspect: Aspect,
  of?: (name: string) => boolean,
) {
  const { blocked, free } = twins[situation] ?? { blocked: [], free: [] };
  const seen = (steps: Step[]) =>
    steps.filter(({ name }) => of?.(name) ?? true).map((step) => [step.name, aspect(step)]);
  expect(seen(blocked).length).toBeGreaterThan(10);
  expect(seen(blocked)).toEqual(seen(free));
}

/** Most times that a story is told until it costs the same. */
const MOST_TELLINGS = 3;

/**
 * The same commands. What the service does by the clock falls into one step or another by chance, so a story that
 * differs is told again: what a block costs is there each time.
 */
async function costsTheSame(
  stage: Stage,
  situation: Situation,
  of: (name: string) => boolean,
): Promise<void> {
  for (let telling = 1; ; telling += 1) {
    try {
      return await isSame(stage, situation, ({ commands }) => commands, of);
    } catch (error) {
      if (telling === MOST_TELLINGS) throw error;
      await stage.tell(situation);
    }
  }
}

function forEachSituation(
  check: (stage: Stage, situation: Situation) => Promise<void>,
): [GiveawayCase, ...GiveawayCase[]] {
  const cases = (Object.keys(SITUATIONS) as Situation[]).map((name) => ({
    name,
    check: (stage: Stage) => check(stage, name),
  }));
  return cases as [GiveawayCase, ...GiveawayCase[]];
}

function inEachSituation(aspect: Aspect): [GiveawayCase, ...GiveawayCase[]] {
  return forEachSituation((stage, situation) => isSame(stage, situation, aspect));
}

/** Answers that tell presence: who is there costs no look at the store. */
const tellsPresence = (name: string) => /\/friends$|\/conversations$|^sync/.test(name);

/** Whether it looks at the store depends on when the last one did, so it costs by the clock and not by the block. */
const isTyping = (name: string) => /typing/i.test(name);

async function inScene(url: string, story: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await Scene.begin(url, 'open');
  try {
    await story(scene);
  } finally {
    scene.leaves();
  }
}

/** The ways to notice a block that are easily forgotten. */
export const GIVEAWAYS: Giveaway[] = [
  {
    by: 'an answer: its status, headers, keys, numbers, errors, also once the friendship has ended',
    says: 'each is the same, word for word but for ids and times, as from somebody who blocks nobody',
    cases: inEachSituation(({ answer }) => answer),
  },
  {
    by: 'an event on any device of A, or one that does not come',
    says: 'the same events in the same order',
    cases: inEachSituation(({ told }) => told),
  },
  {
    by: 'the time an answer takes',
    says: 'the same commands to the database, each as often',
    cases: [
      ...forEachSituation((stage, situation) =>
        costsTheSame(stage, situation, (name) => !tellsPresence(name) && !isTyping(name)),
      ),
      {
        name: 'B was never there: answers that tell presence',
        check: (stage) => costsTheSame(stage, 'B was never there', tellsPresence),
      },
      {
        name: 'B is there, and looks gone: answers that tell presence',
        check: (stage) => costsTheSame(stage, 'B is there, and looks gone', tellsPresence),
      },
    ],
  },
  {
    by: 'what is on its way when the block comes',
    says: "every send is answered with success; one begun after the answer to the block never reaches B, one before may, and is then in B's history too",
    cases: [
      {
        name: 'a stream of messages',
        check: ({ url }) =>
          inScene(url, async (scene) => {
            const { ann, bob } = scene;
            const phone = await ann.connects();
            const [desk] = bob.devices;
            const send = async (text: string) =>
              dataOf(await phone.asks('sendMessage', { recipientId: bob.id, text }));
            const sends: Promise<Message>[] = [];
            let isAnswered = false;
            const blocked = bob.blocks(ann).finally(() => (isAnswered = true));
            while (!isAnswered) {
              sends.push(send('in flight'));
              await new Promise(setImmediate);
            }
            await blocked;
            for (let index = 0; index < 10; index += 1) sends.push(send('after'));
            const sent = await Promise.all(sends);
            expect(sent.map(({ status, seq }) => [status, seq])).toEqual(
              sent.map((_, index) => ['sent', index + 1]),
            );
            await desk?.catchesUp();
            const history = await bob.reads(ann, '?limit=200');
            const live = desk?.all('receiveMessage').map(({ _id }) => _id) ?? [];
            expect(history.map(({ _id }) => _id)).toEqual(expect.arrayContaining(live));
            expect(JSON.stringify([history, desk?.seen])).not.toContain('after');
            const told = ann.devices[0] as typeof phone;
            await told.catchesUp();
            expect(told.all('messageSent')).toEqual(sent);
          }),
      },
    ],
  },
  {
    by: 'a block that is lifted within the grace',
    says: 'nothing is told, and B looks online throughout',
    cases: [
      {
        name: 'at once',
        check: ({ patientUrl }) =>
          inScene(patientUrl, async (scene) => {
            const { ann, bob } = scene;
            const before = await looks(ann, bob);
            await scene.startsListening();
            await bob.blocks(ann);
            expect(await looks(ann, bob)).toEqual(before);
            await bob.unblocks(ann);
            expect(await looks(ann, bob)).toEqual(before);
            for (const device of ann.devices) expect(await scene.heard(device)).toEqual([]);
          }),
      },
    ],
  },
  {
    by: '`lastSeen` moving when B blocks once more, or changes other settings of the conversation',
    says: 'it stays at the first block, and nothing is told',
    cases: [
      {
        name: 'again and again',
        check: ({ url }) =>
          inScene(url, async (scene) => {
            const { ann, bob } = scene;
            const { phone, laptop } = await scene.block();
            await scene.untilOffline();
            const before = await looks(ann, bob);
            await scene.startsListening();
            await bob.blocks(ann);
            await bob.put(`/api/conversations/${ann.id}/metadata`, { isPinned: true });
            await bob.put(`/api/conversations/${ann.id}/metadata`, { isBlocked: true, isFavorite: true });
            expect(await looks(ann, bob)).toEqual(before);
            for (const device of [phone, laptop]) {
              const heard = await scene.heard(device);
              expect(payloadsOf(heard, 'userStatus')).toEqual([]);
              expect(heard).toEqual([]);
            }
          }),
      },
    ],
  },
];
