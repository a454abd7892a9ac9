import fc from 'fast-check';
import type { World } from '../world.js';
import type { Cast } from '../actors.js';
import { mustEqual } from '../checks/compare.js';
import type { Deed } from '../deed.js';
import { syncs } from './syncing.js';

/** Cid tries what is Ann's and Bob's: a receipt in their conversation, and Ann's token of it. */
const trespass: fc.Arbitrary<Deed> = fc
  .record({
    event: fc.constantFrom<('messageDelivered' | 'messageRead')[]>('messageDelivered', 'messageRead'),
    way: fc.constantFrom<('socket' | 'http')[]>('socket', 'http'),
  })
  .map(({ event, way }) => ({
    name: 'trespass',
    among: ['Ann', 'Bob', 'Cid'],
    says: `Cid tries ${event} in the conversation of Ann and Bob, and to sync it by ${way}`,
    act: (world, cast) => tries(world, cast, event, way),
  }));

export const outsider: fc.WeightedArbitrary<Deed>[] = [{ weight: 12, arbitrary: trespass }];

async function tries(
  world: World,
  cast: Cast,
  event: 'messageDelivered' | 'messageRead',
  way: 'socket' | 'http',
): Promise<void> {
  const phone = cast.phone('Cid 1');
  const conversationId = world.conversation('Ann', 'Bob').said[0]?.wire?.conversationId ?? 'f'.repeat(24);
  if (phone.isOnline) {
    const answer = await phone.line.asks(event, { conversationId, seq: 1 });
    mustEqual('The refusal', answer.success || answer.code, 'not_found');
  }
  const token = cast.phone('Ann 1').copy.tokens[conversationId];
  const foreign = token === undefined ? {} : { [conversationId]: token };
  await syncs(world, cast, phone, { way, limit: undefined, repeats: 'first tokens' }, foreign);
  mustEqual('What Cid was told', conversationId in phone.copy.tokens, false);
}
