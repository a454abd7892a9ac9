/** What a person can set for the conversation with another. */
export interface Settings {
  isPinned: boolean;
  isBlocked: boolean;
  /** A web address or a name of the client's own; `null` is the client's usual sound. */
  customRingtone: string | null;
  isFavorite: boolean;
}

/** What holds for a conversation for which nothing was set. */
export const DEFAULTS: Settings = {
  isPinned: false,
  isBlocked: false,
  customRingtone: null,
  isFavorite: false,
};
