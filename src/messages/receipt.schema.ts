import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

@Schema({ _id: false })
class WatermarksRow {
  @Prop({ type: Number })
  delivered?: number;

  @Prop({ type: Number })
  read?: number;

  @Prop({ type: Number })
  readTally?: number;

  @Prop({ type: Number })
  shownDelivered?: number;

  @Prop({ type: Number })
  shownRead?: number;
}

/** A row of `receipts`: how far the two people of a conversation are. Its `_id` is the conversation's. */
@Schema({ collection: 'receipts', versionKey: false })
export class ReceiptRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Prop({ type: WatermarksRow })
  lo?: WatermarksRow;

  @Prop({ type: WatermarksRow })
  hi?: WatermarksRow;
}

export const ReceiptSchema = SchemaFactory.createForClass(ReceiptRow);
