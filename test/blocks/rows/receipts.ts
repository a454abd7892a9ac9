import { expect } from '@jest/globals';
import type { Message } from '../../../src/realtime/wire.js';
import type { Case, Row } from '../cells.js';
import { type Devices, placeOf, type Scene } from '../scene.js';
import { entryOf, statusesFor } from '../views.js';
import { type Actor, READING, RECEIVING } from '../ways.js';
import type { Person } from '../../support/person.js';

const oneBlock = (scene: Scene) => scene.block();
const bothBlocks = (scene: Scene) => scene.blockBoth();

/** Who receives what the other wrote, on which device; the rest of their devices and those of the other. */
interface Reading {
  reader: Actor;
  writer: Person;
  readersOther: Devices['phone'];
  writers: Devices['phone'][];
}

function readingBy(whose: 'A' | 'B', { ann, bob }: Scene, devices: Devices): Reading {
  const { phone, laptop, desk, tablet } = devices;
  return whose === 'A'
    ? { reader: { person: ann, device: phone }, readersOther: laptop, writer: bob, writers: [desk, tablet] }
    : { reader: { person: bob, device: desk }, readersOther: tablet, writer: ann, writers: [phone, laptop] };
}

/** One message for each way to receive it. */
async function writesFor(scene: Scene, whose: 'A' | 'B', ways: number): Promise<Message[]> {
  const messages: Message[] = [];
  for (let index = 0; index < ways; index += 1) {
    messages.push(await scene.wrote(whose === 'A' ? scene.bob : scene.ann));
  }
  return messages;
}

/** What the other sees stands still, by whichever way one receives or reads a message more. */
function standsStill(whose: 'A' | 'B', block: (scene: Scene) => Promise<Devices>): Case {
  return {
    name: `what ${whose} receives and reads does not show`,
    check: async (scene) => {
      const messages = await writesFor(scene, whose, RECEIVING.length);
      const [reader, writer] = whose === 'A' ? [scene.ann, scene.bob] : [scene.bob, scene.ann];
      const before = await statusesFor(writer, reader);
      expect(before).toEqual(messages.map(() => (scene.early ? 'delivered' : 'sent')));
      const reading = readingBy(whose, scene, await block(scene));
      for (const [index, [, receives]] of RECEIVING.entries()) {
        await receives(reading.reader, writer, placeOf(messages[index] as Message));
        await scene.isQuiet(...reading.writers);
        expect(await statusesFor(writer, reader)).toEqual(before);
      }
      expect(await entryOf(reader, writer)).toMatchObject({
        read: { mine: messages.length },
        unreadCount: 0,
      });
    },
  };
}

/** The reader's own state goes on, on all of their devices. */
function goesOn(whose: 'A' | 'B', block: (scene: Scene) => Promise<Devices>): Case {
  return {
    name: `what ${whose} has read, for ${whose}`,
    check: async (scene) => {
      const messages = await writesFor(scene, whose, READING.length);
      const { reader, readersOther, writer } = readingBy(whose, scene, await block(scene));
      for (const [index, [, reads]] of READING.entries()) {
        const message = messages[index] as Message;
        await reads(reader, writer, placeOf(message));
        const seq = index + 1;
        const told = await readersOther.hears('messageStatus', ({ status }) => status === 'read');
        expect(told).toMatchObject({ ...placeOf(message), seq, userId: reader.person.id });
        const unreadCount = READING.length - seq;
        expect(await entryOf(reader.person, writer)).toMatchObject({ read: { mine: seq }, unreadCount });
        expect((await reader.person.get('/api/conversations/unread')).body).toMatchObject({
          total: unreadCount,
        });
      }
    },
  };
}

/** Delivered and read. */
export const receiptRows: Row[] = [
  {
    what: 'receipts',
    threat: 78,
    blocked: {
      says: 'what A sees of B stands still: statuses in history, conversation list and sync, and no `messageStatus`',
      cases: [standsStill('B', oneBlock)],
    },
    blocker: {
      says: "B's own read state and unread count go on, on all of B's devices; what B sees of A stands still",
      cases: [goesOn('B', oneBlock), standsStill('A', oneBlock)],
    },
    both: {
      says: 'own read states and unread counts go on; what each sees of the other stands still',
      cases: [
        goesOn('A', bothBlocks),
        goesOn('B', bothBlocks),
        standsStill('A', bothBlocks),
        standsStill('B', bothBlocks),
      ],
    },
  },
];
