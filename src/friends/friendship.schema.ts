import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';
import type { FriendshipState } from './friendship.js';

/**
 * A row of `friendships`: what `otherUserId` is to `userId`. Two rows a pair, changed together, never deleted; a
 * person's rows are also the list of those they ever had to do with. Their `_id` is computed.
 */
@Schema({ collection: 'friendships', versionKey: false })
export class FriendshipRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  otherUserId!: Types.ObjectId;

  @Prop({ type: String, required: true, enum: ['none', 'outgoing', 'incoming', 'friends', 'ended'] })
  state!: FriendshipState;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  requestId!: Types.ObjectId | null;

  @Prop({ type: SchemaTypes.ObjectId, default: null })
  requesterId!: Types.ObjectId | null;

  @Prop({ type: String, default: null })
  note!: string | null;

  @Prop({ type: Date, default: null })
  requestedAt!: Date | null;

  @Prop({ type: Date, default: null })
  since!: Date | null;

  @Prop({ type: Boolean, default: false })
  hidden!: boolean;
}

export const FriendshipSchema = SchemaFactory.createForClass(FriendshipRow);

FriendshipSchema.index({ userId: 1, state: 1 });
FriendshipSchema.index({ requestId: 1 });
