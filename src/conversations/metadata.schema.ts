import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** How one of the two looked to the other when the block was put. */
@Schema({ _id: false })
export class FrozenLookRow {
  @Prop({ type: Date, required: true })
  at!: Date;

  @Prop({ type: Boolean, required: true })
  wasOnline!: boolean;

  @Prop({ type: Date, default: null })
  lastSeen!: Date | null;
}

@Schema({ _id: false })
export class LooksRow {
  @Prop({ type: FrozenLookRow, required: true })
  ofBlocker!: FrozenLookRow;

  @Prop({ type: FrozenLookRow, required: true })
  ofBlocked!: FrozenLookRow;
}

/** A row of `conversation_metadata`: what `userId` has set for `otherUserId`. Its `_id` is computed. */
@Schema({ collection: 'conversation_metadata', versionKey: false })
export class MetadataRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  otherUserId!: Types.ObjectId;

  @Prop({ type: Boolean, default: false })
  isPinned!: boolean;

  @Prop({ type: Boolean, default: false })
  isBlocked!: boolean;

  @Prop({ type: String, default: null })
  customRingtone!: string | null;

  @Prop({ type: Boolean, default: false })
  isFavorite!: boolean;

  /** Since when the other is blocked; `null` while they are not. */
  @Prop({ type: Date, default: null })
  blockedAt!: Date | null;

  /** What the two see of each other's presence while the block stands. Left behind by a lifted one, unused. */
  @Prop({ type: LooksRow, default: null })
  looks!: LooksRow | null;
}

export const MetadataSchema = SchemaFactory.createForClass(MetadataRow);

MetadataSchema.index({ userId: 1 });
