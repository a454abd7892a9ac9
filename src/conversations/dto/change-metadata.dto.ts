import { FlagField, IdField, TextField } from '../../common/validation/fields.js';

export const CHANGES = {
  Pin: { value: { isPinned: true } },
  Favorite: { value: { isFavorite: true } },
  Ringtone: { value: { customRingtone: 'ringtone_url' } },
  Block: { value: { isBlocked: true } },
  Unblock: { value: { isBlocked: false } },
};

/** Any of the settings; what is left out keeps its value. */
export class ChangeMetadata {
  @FlagField({ description: 'Keep the conversation at the top.', example: true, optional: true })
  isPinned?: boolean;

  @FlagField({
    description: 'Block the other person. They cannot notice it.',
    example: false,
    optional: true,
  })
  isBlocked?: boolean;

  @TextField({
    description: 'A web address or an identifier of the client; `null` clears it.',
    example: 'ringtone_url',
    max: 2048,
    optional: true,
    nullable: true,
  })
  customRingtone?: string | null;

  @FlagField({ description: 'Mark the other person as a favorite.', example: true, optional: true })
  isFavorite?: boolean;

  @IdField({ description: 'May be sent along if it is the same.', optional: true })
  _id?: string;

  @IdField({ description: 'May be sent along if it is the same.', optional: true })
  userId?: string;

  @IdField({ description: 'May be sent along if it is the same.', optional: true })
  otherUserId?: string;
}
