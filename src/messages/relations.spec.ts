import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Metrics } from '../common/metrics.js';
import { type Block, Blocks, type Pair as Seen } from '../conversations/blocks.js';
import type { BlocksService } from '../conversations/blocks.service.js';
import type { FriendsService } from '../friends/friends.service.js';
import { PairSet } from '../friends/pair-set.js';
import { MessageMetrics } from './message-metrics.js';
import { type Pair, Relations } from './relations.js';

const look = { at: new Date(), wasOnline: false, lastSeen: null };

let friendships: Seen[];
let blocks: Block[];
const friendsAmong = jest.fn<(pairs: Seen[]) => Promise<PairSet>>();
const blocksAmong = jest.fn<(pairs: Seen[]) => Promise<Blocks>>();
let metrics: MessageMetrics;
let relations: Relations;
beforeEach(() => {
  friendships = [];
  blocks = [];
  friendsAmong.mockReset().mockImplementation(async () => new PairSet(friendships));
  blocksAmong.mockReset().mockImplementation(async () => new Blocks(blocks));
  metrics = new MessageMetrics(new Metrics());
  relations = new Relations(
    { friendsAmong } as unknown as FriendsService,
    { blocksAmong } as unknown as BlocksService,
    metrics,
  );
});

const to = (senderId: string, recipientId: string): Pair => ({ senderId, recipientId });
const turn = () => new Promise(setImmediate);

/** An answer that waits until it is told to go on. */
function held(): { gate: Promise<void>; open: () => void } {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

describe('What a send depends on', () => {
  test('is seen from the one who sends', async () => {
    friendships = [
      { me: 'ann', other: 'bob' },
      { me: 'ann', other: 'eve' },
    ];
    blocks = [
      { blockerId: 'bob', blockedId: 'ann', looks: { ofBlocker: look, ofBlocked: look } },
      { blockerId: 'eve', blockedId: 'bob', looks: { ofBlocker: look, ofBlocked: look } },
    ];
    const read = await Promise.all([
      relations.read(to('ann', 'bob')),
      relations.read(to('bob', 'ann')),
      relations.read(to('ann', 'eve')),
      relations.read(to('bob', 'eve')),
    ]);
    expect(read).toEqual([
      { areFriends: true, isRecipientBlocked: false, isSenderBlocked: true },
      { areFriends: false, isRecipientBlocked: true, isSenderBlocked: false },
      { areFriends: true, isRecipientBlocked: false, isSenderBlocked: false },
      { areFriends: false, isRecipientBlocked: false, isSenderBlocked: true },
    ]);
  });

  test('is asked of the store once for all that wait together, blocks both ways', async () => {
    await Promise.all([relations.read(to('ann', 'bob')), relations.read(to('eve', 'bob'))]);
    expect(friendsAmong.mock.calls).toEqual([
      [
        [
          { me: 'ann', other: 'bob' },
          { me: 'eve', other: 'bob' },
        ],
      ],
    ]);
    expect(blocksAmong.mock.calls).toEqual([
      [
        [
          { me: 'ann', other: 'bob' },
          { me: 'eve', other: 'bob' },
          { me: 'bob', other: 'ann' },
          { me: 'bob', other: 'eve' },
        ],
      ],
    ]);
  });

  test('is read again for each send: nothing is remembered', async () => {
    expect(await relations.read(to('ann', 'bob'))).toMatchObject({ areFriends: false });
    friendships = [{ me: 'ann', other: 'bob' }];
    expect(await relations.read(to('ann', 'bob'))).toMatchObject({ areFriends: true });
  });

  test('is read twice at the same time at most; who comes meanwhile goes into the next', async () => {
    const [first, second] = [held(), held()];
    friendsAmong.mockImplementationOnce(() => first.gate.then(() => new PairSet([])));
    friendsAmong.mockImplementationOnce(() => second.gate.then(() => new PairSet([])));
    const answered: string[] = [];
    const ask = (name: string) => void relations.read(to(name, 'bob')).then(() => answered.push(name));
    for (const name of ['ann', 'eve', 'joe']) {
      ask(name);
      await turn();
    }
    ask('sue');
    await turn();
    expect(friendsAmong).toHaveBeenCalledTimes(2);

    second.open();
    await turn();
    await turn();
    expect(friendsAmong).toHaveBeenCalledTimes(3);
    expect(friendsAmong.mock.lastCall?.[0].map(({ me }) => me)).toEqual(['joe', 'sue']);
    expect(answered).toEqual(['eve', 'joe', 'sue']);
    first.open();
    await turn();
    expect(answered).toEqual(['eve', 'joe', 'sue', 'ann']);
    await relations.read(to('tom', 'bob'));
    expect(friendsAmong).toHaveBeenCalledTimes(4);
  });

  test('that cannot be read fails those who asked; the next are served', async () => {
    blocksAmong.mockRejectedValueOnce(new Error('no primary'));
    const asked = await Promise.allSettled([
      relations.read(to('ann', 'bob')),
      relations.read(to('eve', 'bob')),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await relations.read(to('ann', 'bob'))).toMatchObject({ areFriends: false });
  });

  test('can be watched by its operator', async () => {
    await Promise.all([relations.read(to('ann', 'bob')), relations.read(to('eve', 'bob'))]);
    const sum = (values: { metricName?: string; value: number }[], end: string) =>
      values.find(({ metricName }) => metricName?.endsWith(end))?.value;
    expect(sum((await metrics.checkSize.get()).values, '_sum')).toBe(2);
    expect(sum((await metrics.checkSeconds.get()).values, '_count')).toBe(1);
  });
});
