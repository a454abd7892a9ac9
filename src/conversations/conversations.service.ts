import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events.js';
import { ChatError } from '../common/errors/chat-error.js';
import { metadataIdOf } from '../database/ids.js';
import { Realtime } from '../realtime/realtime.js';
import type { ConversationMetadata } from '../realtime/wire.js';
import { UsersService } from '../users/users.service.js';
import { BlocksService } from './blocks.service.js';
import type { ChangeMetadata } from './dto/change-metadata.dto.js';
import { InTurn } from '../common/in-turn.js';
import { MetadataRepository, type NewBlock } from './metadata.repository.js';
import type { Settings } from './settings.js';

/** What a person sets for the conversation with another: pinned, favourite, ringtone, blocked. */
@Injectable()
export class ConversationsService {
  /** Changes of one row are told in the order they were stored. */
  private readonly inTurn = new InTurn();

  constructor(
    private readonly users: UsersService,
    private readonly metadata: MetadataRepository,
    private readonly blocks: BlocksService,
    private readonly realtime: Realtime,
    private readonly events: DomainEvents,
  ) {}

  /**
   * What `me` has set for the other; the defaults where nothing was.
   *
   * @throws ChatError `to_oneself`, `not_found`
   */
  async readMetadata(me: string, other: string): Promise<ConversationMetadata> {
    await this.requireOther(me, other);
    return metadataOf(me, other, await this.metadata.find(me, other));
  }

  /**
   * Changes the given fields and keeps the others. The owner's devices are told.
   *
   * @throws ChatError `to_oneself`, `not_found`, `validation_failed` for ids that are not this conversation's
   */
  async changeMetadata(me: string, other: string, body: ChangeMetadata): Promise<ConversationMetadata> {
    await this.requireOther(me, other);
    requireSameIds(me, other, body);
    const changes = settingsIn(body);
    if (Object.keys(changes).length === 0) return metadataOf(me, other, await this.metadata.find(me, other));
    return this.inTurn.run(metadataIdOf(me, other), () => this.change(me, other, changes));
  }

  private async change(me: string, other: string, changes: Partial<Settings>): Promise<ConversationMetadata> {
    const block = changes.isBlocked ? await this.newBlock(me, other) : undefined;
    const { before, after } = await this.metadata.change(me, other, changes, block);
    const metadata = metadataOf(me, other, after);
    this.realtime.tell(me, 'conversationUpdated', metadata);
    if (before.isBlocked !== after.isBlocked) {
      this.events.emit('block.changed', { blockerId: me, blockedId: other, isBlocked: after.isBlocked });
    }
    return metadata;
  }

  private async newBlock(me: string, other: string): Promise<NewBlock> {
    const at = this.blocks.now();
    return { at, looks: await this.blocks.looksAt(me, other, at) };
  }

  private async requireOther(me: string, other: string): Promise<void> {
    if (me === other) throw new ChatError('to_oneself');
    await this.users.requireExists(other);
  }
}

function requireSameIds(me: string, other: string, body: ChangeMetadata): void {
  const own = { _id: metadataIdOf(me, other), userId: me, otherUserId: other };
  const wrong = (Object.keys(own) as (keyof typeof own)[]).filter(
    (field) => body[field] !== undefined && body[field] !== own[field],
  );
  if (wrong.length === 0) return;
  throw new ChatError('validation_failed', {
    errors: wrong.map((field) => ({ field, message: 'cannot be changed' })),
  });
}

function settingsIn({ isPinned, isBlocked, customRingtone, isFavorite }: ChangeMetadata): Partial<Settings> {
  return {
    ...(isPinned !== undefined && { isPinned }),
    ...(isBlocked !== undefined && { isBlocked }),
    ...(customRingtone !== undefined && { customRingtone }),
    ...(isFavorite !== undefined && { isFavorite }),
  };
}

/** The metadata object of the contract. */
export function metadataOf(userId: string, otherUserId: string, settings: Settings): ConversationMetadata {
  return { _id: metadataIdOf(userId, otherUserId), userId, otherUserId, ...settings };
}
