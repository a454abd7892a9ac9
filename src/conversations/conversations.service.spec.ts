import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type DomainEventMap, DomainEvents } from '../common/domain-events.js';
import { metadataIdOf } from '../database/ids.js';
import type { Realtime } from '../realtime/realtime.js';
import type { UsersService } from '../users/users.service.js';
import type { BlocksService } from './blocks.service.js';
import { ConversationsService } from './conversations.service.js';
import type { ChangeMetadata } from './dto/change-metadata.dto.js';
import type { MetadataRepository, NewBlock } from './metadata.repository.js';
import { DEFAULTS, type Settings } from './settings.js';

const looks = { ofBlocker: {}, ofBlocked: {} } as NewBlock['looks'];
const ids = { _id: metadataIdOf('ann', 'bob'), userId: 'ann', otherUserId: 'bob' };
const NOW = new Date('2026-01-01T12:00:00.000Z');

let settings: Settings;
let told: unknown[];
let blocksChanged: DomainEventMap['block.changed'][];
let service: ConversationsService;
const change =
  jest.fn<
    (
      me: string,
      other: string,
      changes: Partial<Settings>,
      block?: NewBlock,
    ) => Promise<{ before: Settings; after: Settings }>
  >();
const requireExists = jest.fn<(id: string) => Promise<void>>();
const looksAt = jest.fn(async (_blocker: string, _blocked: string, _at: Date) => looks);
beforeEach(() => {
  settings = DEFAULTS;
  told = [];
  blocksChanged = [];
  change.mockReset().mockImplementation(async (_me, _other, changes) => {
    const before = settings;
    settings = { ...settings, ...changes };
    return { before, after: settings };
  });
  requireExists.mockReset().mockResolvedValue(undefined);
  looksAt.mockClear();
  const events = new DomainEvents();
  events.on('block.changed', (event) => blocksChanged.push(event));
  service = new ConversationsService(
    { requireExists } as unknown as UsersService,
    { find: async () => settings, change } as unknown as MetadataRepository,
    { looksAt, now: () => NOW } as unknown as BlocksService,
    { tell: (...what: unknown[]) => told.push(what) } as unknown as Realtime,
    events,
  );
});

const annSets = (body: ChangeMetadata) => service.changeMetadata('ann', 'bob', body);

describe('What a person sets for a conversation', () => {
  test('is what nobody set, at first', async () => {
    expect(await service.readMetadata('ann', 'bob')).toStrictEqual({
      ...ids,
      isPinned: false,
      isBlocked: false,
      customRingtone: null,
      isFavorite: false,
    });
    expect(requireExists).toHaveBeenCalledWith('bob');
  });

  test.each<ChangeMetadata>([
    { isPinned: true },
    { isFavorite: true },
    { customRingtone: 'bell' },
    { isPinned: true, customRingtone: null, isFavorite: false },
  ])('changes what is given and nothing else, and tells all devices of the owner: %j', async (body) => {
    const metadata = await annSets(body);
    expect(metadata).toStrictEqual({ ...ids, ...DEFAULTS, ...body });
    expect(await service.readMetadata('ann', 'bob')).toEqual(metadata);
    expect(told).toEqual([['ann', 'conversationUpdated', metadata]]);
    expect(change.mock.calls).toEqual([['ann', 'bob', body, undefined]]);
    expect(blocksChanged).toEqual([]);
  });

  test('stays where nothing is given, and nobody is told', async () => {
    settings = { ...DEFAULTS, isPinned: true };
    expect(await annSets({ ...ids })).toMatchObject({ isPinned: true });
    expect(told).toEqual([]);
    expect(change).not.toHaveBeenCalled();
  });

  test('may be sent back with its ids, but with no others', async () => {
    expect(await annSets({ ...ids, isPinned: true })).toMatchObject({ isPinned: true });
    for (const field of ['_id', 'userId', 'otherUserId'] as const) {
      await expect(annSets({ [field]: 'eve', isPinned: false })).rejects.toMatchObject({
        code: 'validation_failed',
        errors: [{ field, message: 'cannot be changed' }],
      });
    }
    expect(settings.isPinned).toBe(true);
  });

  test('needs another person, who exists', async () => {
    const toOneself = { code: 'to_oneself' };
    await expect(service.readMetadata('ann', 'ann')).rejects.toMatchObject(toOneself);
    await expect(service.changeMetadata('ann', 'ann', { isPinned: true })).rejects.toMatchObject(toOneself);
    requireExists.mockRejectedValue(new Error('nobody'));
    await expect(service.readMetadata('ann', 'bob')).rejects.toThrow('nobody');
    await expect(annSets({ isPinned: true })).rejects.toThrow('nobody');
    expect(change).not.toHaveBeenCalled();
  });

  test('is told in the order in which it was stored', async () => {
    let store!: () => void;
    change.mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => (store = resolve));
      return { before: DEFAULTS, after: { ...DEFAULTS, customRingtone: 'first' } };
    });
    const changes = [annSets({ customRingtone: 'first' }), annSets({ customRingtone: 'second' })];
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    store();
    await Promise.all(changes);
    expect(told).toMatchObject([
      ['ann', 'conversationUpdated', { customRingtone: 'first' }],
      ['ann', 'conversationUpdated', { customRingtone: 'second' }],
    ]);
  });
});

describe('A block', () => {
  test('keeps how the two look at this moment, and is told inside once it is stored', async () => {
    await annSets({ isBlocked: true });
    const block = change.mock.lastCall?.[3] as NewBlock;
    expect(block.looks).toBe(looks);
    expect(looksAt).toHaveBeenCalledWith('ann', 'bob', block.at);
    expect(block.at).toBe(NOW);
    expect(blocksChanged).toEqual([{ blockerId: 'ann', blockedId: 'bob', isBlocked: true }]);
    expect(told).toHaveLength(1);
  });

  test('that stands or does not already is no news inside', async () => {
    await annSets({ isBlocked: false });
    expect(looksAt).not.toHaveBeenCalled();
    await annSets({ isBlocked: true });
    await annSets({ isBlocked: true });
    await annSets({ isPinned: true });
    expect(blocksChanged).toHaveLength(1);
    await annSets({ isBlocked: false });
    expect(blocksChanged.at(-1)).toEqual({ blockerId: 'ann', blockedId: 'bob', isBlocked: false });
  });
});
