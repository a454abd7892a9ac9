import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** A row of `sessions`: a signed-in device. */
@Schema({ collection: 'sessions', versionKey: false })
export class SessionRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Prop({ type: SchemaTypes.ObjectId, required: true })
  userId!: Types.ObjectId;

  @Prop({ type: Number, required: true })
  refreshCounter!: number;

  @Prop({ type: Date, default: null })
  rotatedAt!: Date | null;

  @Prop({ type: String, default: null })
  userAgent!: string | null;

  @Prop({ type: String, default: null })
  ip!: string | null;

  @Prop({ type: Date, required: true })
  createdAt!: Date;

  @Prop({ type: Date, required: true })
  lastUsedAt!: Date;

  /** Not there while the session lives, which keeps the index as small as what was ended. */
  @Prop({ type: Date })
  revokedAt?: Date;

  @Prop({ type: Date, required: true })
  expiresAt!: Date;
}

export const SessionSchema = SchemaFactory.createForClass(SessionRow);

SessionSchema.index({ userId: 1 });
SessionSchema.index({ revokedAt: 1 }, { sparse: true });
SessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
