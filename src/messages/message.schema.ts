import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

@Schema({ _id: false })
export class AttachmentRow {
  @Prop({ type: String, required: true })
  type!: 'image' | 'video' | 'file';

  @Prop({ type: String, required: true })
  url!: string;
}

/** A row of `messages`, the only truth about what was said. Never changed, never deleted. */
@Schema({ collection: 'messages', versionKey: false })
export class MessageRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  conversationId!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  senderId!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  recipientId!: Types.ObjectId;

  /** 1, 2, 3 … without gaps within the conversation. */
  @Prop({ type: Number, required: true })
  seq!: number;

  /** How many messages each of the two has written so far that the other may see: `[lo, hi]`. */
  @Prop({ type: [Number], required: true })
  tally!: [number, number];

  @Prop({ type: String })
  text!: string;

  @Prop({ type: AttachmentRow })
  attachment?: AttachmentRow;

  @Prop({ type: String })
  clientMessageId?: string;

  @Prop({ type: Date, required: true })
  createdAt!: Date;

  /** Written behind a block: the recipient never sees it. */
  @Prop({ type: Boolean })
  hidden?: true;

  /** With `hidden`: the number of the last message that the recipient may see, 0 where there is none. */
  @Prop({ type: Number })
  lastVisible?: number;
}

export const MessageSchema = SchemaFactory.createForClass(MessageRow);

// Led by the shard key, as every unique index must be.
MessageSchema.index({ conversationId: 1, seq: 1 }, { unique: true });
MessageSchema.index(
  { conversationId: 1, senderId: 1, clientMessageId: 1 },
  { unique: true, partialFilterExpression: { clientMessageId: { $type: 'string' } } },
);
