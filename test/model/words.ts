/** What somebody has set for another. */
export interface Settings {
  isPinned: boolean;
  isBlocked: boolean;
  customRingtone: string | null;
  isFavorite: boolean;
}

export const DEFAULTS: Settings = {
  isPinned: false,
  isBlocked: false,
  customRingtone: null,
  isFavorite: false,
};

/** What is refused, by its code. */
export interface Refused {
  code: string;
}

export type Sent = { seq: number; isNew: boolean } | Refused;
