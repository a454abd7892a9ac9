import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Action, decide, type Outcome } from './friend-machine.js';
import { type FriendshipPair, stranger } from './friendship.js';

const ANN = 'ann';
const BOB = 'bob';
const AT = new Date('2026-01-01T12:00:00.000Z');

type Name = typeof ANN | typeof BOB;

/** Two people, their rows and their blocks; every action goes through the machine. */
class Couple {
  rows = { [ANN]: stranger(ANN, BOB), [BOB]: stranger(BOB, ANN) };
  blocks = { [ANN]: false, [BOB]: false };
  private requests = 0;

  asks(who: Name, note: string | null = null): Outcome {
    this.requests += 1;
    const blocks = { mine: this.blocks[who], theirs: this.blocks[otherOf(who)] };
    return this.does(who, { kind: 'ask', requestId: `r${this.requests}`, note, at: AT, blocks });
  }

  accepts(who: Name, requestId = this.rows[who].requestId ?? ''): Outcome {
    return this.does(who, { kind: 'accept', requestId, at: AT });
  }

  declines(who: Name, requestId = this.rows[who].requestId ?? ''): Outcome {
    return this.does(who, { kind: 'decline', requestId });
  }

  withdraws(who: Name, requestId = this.rows[who].requestId ?? ''): Outcome {
    return this.does(who, { kind: 'withdraw', requestId });
  }

  unfriends(who: Name): Outcome {
    return this.does(who, { kind: 'unfriend' });
  }

  get states(): [string, string] {
    return [this.rows[ANN].state, this.rows[BOB].state];
  }

  private does(who: Name, action: Action): Outcome {
    const outcome = decide({ mine: this.rows[who], theirs: this.rows[otherOf(who)] }, action);
    if (outcome.kind === 'refused') return outcome;
    this.rows[who] = outcome.pair.mine;
    this.rows[otherOf(who)] = outcome.pair.theirs;
    return outcome;
  }
}

function otherOf(who: Name): Name {
  return who === ANN ? BOB : ANN;
}

function friends(): Couple {
  const couple = new Couple();
  couple.asks(ANN);
  couple.accepts(BOB);
  return couple;
}

describe('asking', () => {
  it('shows the request to both', () => {
    const couple = new Couple();
    expect(couple.asks(ANN, 'hello').kind).toBe('asked');
    expect(couple.states).toEqual(['outgoing', 'incoming']);
    expect(couple.rows[BOB]).toMatchObject({
      requestId: 'r1',
      requesterId: ANN,
      note: 'hello',
      requestedAt: AT,
    });
  });

  it('again keeps the first request and its note', () => {
    const couple = new Couple();
    couple.asks(ANN, 'first');
    expect(couple.asks(ANN, 'second').kind).toBe('unchanged');
    expect(couple.rows[ANN]).toMatchObject({ requestId: 'r1', note: 'first' });
  });

  it('someone who already asked makes both friends', () => {
    const couple = new Couple();
    couple.asks(ANN);
    expect(couple.asks(BOB).kind).toBe('befriended');
    expect(couple.states).toEqual(['friends', 'friends']);
  });

  it('a friend is refused', () => {
    expect(friends().asks(ANN)).toEqual({ kind: 'refused', code: 'already_friends' });
  });

  it('someone one blocks is refused', () => {
    const couple = new Couple();
    couple.blocks[ANN] = true;
    expect(couple.asks(ANN)).toEqual({ kind: 'refused', code: 'recipient_blocked' });
  });
});

describe('answering', () => {
  it('by accepting makes both friends, and again changes nothing', () => {
    const couple = friends();
    expect(couple.states).toEqual(['friends', 'friends']);
    expect(couple.accepts(BOB).kind).toBe('unchanged');
  });

  it('is only for the one who was asked', () => {
    const couple = new Couple();
    couple.asks(ANN);
    expect(couple.accepts(ANN)).toMatchObject({ code: 'not_found' });
    expect(couple.declines(ANN)).toMatchObject({ code: 'not_found' });
    expect(couple.withdraws(BOB)).toMatchObject({ code: 'not_found' });
    couple.accepts(BOB);
    expect(couple.accepts(ANN)).toMatchObject({ code: 'not_found' });
  });

  it('by declining leaves nothing open, and the request is gone', () => {
    const couple = new Couple();
    couple.asks(ANN);
    expect(couple.declines(BOB)).toMatchObject({ kind: 'closed', requestId: 'r1', wasHidden: false });
    expect(couple.states).toEqual(['none', 'none']);
    expect(couple.declines(BOB, 'r1')).toMatchObject({ code: 'not_found' });
    expect(couple.accepts(BOB, 'r1')).toMatchObject({ code: 'not_found' });
  });

  it('to an older request does not touch a newer one', () => {
    const couple = new Couple();
    couple.asks(ANN);
    couple.withdraws(ANN);
    couple.asks(ANN);
    expect(couple.accepts(BOB, 'r1')).toMatchObject({ code: 'not_found' });
    expect(couple.states).toEqual(['outgoing', 'incoming']);
  });
});

describe('ending', () => {
  it('is remembered by both, also through a later request', () => {
    const couple = friends();
    expect(couple.unfriends(BOB).kind).toBe('ended');
    expect(couple.states).toEqual(['ended', 'ended']);
    expect(couple.accepts(BOB, 'r1')).toMatchObject({ code: 'not_found' });
    couple.asks(BOB);
    couple.withdraws(BOB);
    expect(couple.states).toEqual(['ended', 'ended']);
  });

  it('needs a friendship', () => {
    expect(new Couple().unfriends(ANN)).toMatchObject({ code: 'not_found' });
  });
});

describe('asking someone who blocks one', () => {
  function hidden(): Couple {
    const couple = new Couple();
    couple.blocks[BOB] = true;
    expect(couple.asks(ANN, 'please')).toMatchObject({ kind: 'asked', replaced: null });
    return couple;
  }

  it('looks like any other, and the other has nothing', () => {
    const couple = hidden();
    expect(couple.states).toEqual(['outgoing', 'none']);
    expect(couple.rows[ANN].hidden).toBe(true);
    expect(couple.accepts(BOB, 'r1')).toMatchObject({ code: 'not_found' });
    expect(couple.declines(BOB, 'r1')).toMatchObject({ code: 'not_found' });
  });

  it('stays pending after unblocking, also when repeated', () => {
    const couple = hidden();
    couple.blocks[BOB] = false;
    expect(couple.asks(ANN).kind).toBe('unchanged');
    expect(couple.states).toEqual(['outgoing', 'none']);
  });

  it('can be taken back, and then asked anew', () => {
    const couple = hidden();
    expect(couple.withdraws(ANN)).toMatchObject({ kind: 'closed', wasHidden: true });
    couple.blocks[BOB] = false;
    couple.asks(ANN);
    expect(couple.states).toEqual(['outgoing', 'incoming']);
  });

  it('does not count as asked: the other then asks first, in its place', () => {
    const couple = hidden();
    couple.blocks[BOB] = false;
    expect(couple.asks(BOB)).toMatchObject({ kind: 'asked', replaced: 'r1' });
    expect(couple.states).toEqual(['incoming', 'outgoing']);
    expect(couple.rows[ANN].hidden).toBe(false);
    expect(couple.asks(ANN).kind).toBe('befriended');
  });

  it('can happen to both', () => {
    const couple = hidden();
    couple.blocks = { [ANN]: true, [BOB]: false };
    expect(couple.asks(BOB)).toMatchObject({ kind: 'asked', replaced: null });
    expect(couple.states).toEqual(['outgoing', 'outgoing']);
    couple.withdraws(ANN);
    expect(couple.states).toEqual(['none', 'outgoing']);
  });

  it('who asked before the block: that request stands, and counts', () => {
    const couple = new Couple();
    couple.asks(BOB);
    couple.blocks[BOB] = true;
    expect(couple.asks(ANN).kind).toBe('befriended');
  });
});

/** Why this pair of rows must not be; `undefined` if it may. */
function fault({ mine, theirs }: FriendshipPair): string | undefined {
  const isIdle = (row: typeof mine) =>
    (row.state === 'none' && !row.since) || (row.state === 'ended' && row.since !== null);
  const isHidden = (row: typeof mine) => row.state === 'outgoing' && row.hidden && row.requestId !== null;
  const same = mine.requestId === theirs.requestId && mine.requesterId === theirs.requesterId;
  if (mine.since?.getTime() !== theirs.since?.getTime()) return 'they disagree since when they were friends';
  if ([mine, theirs].some((row) => row.hidden && row.state !== 'outgoing')) return 'hidden, but not asked';
  if ([mine, theirs].some((row) => isIdle(row) && (row.requestId || row.note))) return 'idle with a request';
  if (mine.state === 'friends' && theirs.state === 'friends' && same && mine.since) return undefined;
  if ([mine, theirs].every((row) => isIdle(row) || isHidden(row))) return undefined;
  for (const [asker, asked] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const isOpen = asker.state === 'outgoing' && !asker.hidden && asked.state === 'incoming' && same;
    if (isOpen && asker.requestId && asker.requesterId === asker.userId) return undefined;
  }
  return `${mine.state} against ${theirs.state}`;
}

describe('whatever two people do', () => {
  const who = fc.constantFrom<Name>(ANN, BOB);
  const what = fc.constantFrom('asks', 'accepts', 'declines', 'withdraws', 'unfriends', 'blocks', 'unblocks');

  it('keeps the two rows in an allowed combination', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(who, what), { maxLength: 40 }), (steps) => {
        const couple = new Couple();
        for (const [name, step] of steps) {
          if (step === 'blocks' || step === 'unblocks') couple.blocks[name] = step === 'blocks';
          else couple[step as 'asks'](name);
          expect(fault({ mine: couple.rows[ANN], theirs: couple.rows[BOB] })).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('never lets someone see a request that was made behind their block', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(who, what), { maxLength: 40 }), (steps) => {
        const couple = new Couple();
        const behindBlock = new Set<string>();
        for (const [name, step] of steps) {
          if (step === 'blocks' || step === 'unblocks') couple.blocks[name] = step === 'blocks';
          else {
            const outcome = couple[step as 'asks'](name);
            if (outcome.kind === 'asked' && couple.blocks[otherOf(name)]) {
              behindBlock.add(outcome.pair.mine.requestId ?? '');
            }
          }
          const seen = [couple.rows[ANN], couple.rows[BOB]].filter((row) => row.requesterId !== row.userId);
          expect(seen.filter(({ requestId }) => requestId && behindBlock.has(requestId))).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
