import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SchemaTypes, type Types } from 'mongoose';

/** A row of `users`. */
@Schema({ collection: 'users', versionKey: false })
export class UserRow {
  @Prop({ type: SchemaTypes.ObjectId, required: true })
  _id!: Types.ObjectId;

  /** Folded. */
  @Prop({ type: String, required: true })
  email!: string;

  /** As sent. */
  @Prop({ type: String, required: true })
  name!: string;

  /** The name folded, for the search. */
  @Prop({ type: String, required: true })
  nameKey!: string;

  @Prop({ type: String, default: null })
  photoURL!: string | null;

  /** Argon2id in PHC string format. */
  @Prop({ type: String, required: true })
  passwordHash!: string;

  /** When the person was last online as far as is stored; `null` for someone who never was. */
  @Prop({ type: Date, default: null })
  lastSeen!: Date | null;

  @Prop({ type: Date, required: true })
  createdAt!: Date;
}

export const UserSchema = SchemaFactory.createForClass(UserRow);

UserSchema.index({ email: 1 }, { unique: true });
UserSchema.index({ nameKey: 1 });
