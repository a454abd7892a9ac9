import type { Row } from './cells.js';
import { deedRows } from './rows/deeds.js';
import { friendshipRows } from './rows/friendship.js';
import { listRows } from './rows/lists.js';
import { presenceRows } from './rows/presence.js';
import { receiptRows } from './rows/receipts.js';
import { sendingRows } from './rows/sending.js';
import { unblockingRows } from './rows/unblocking.js';

/** The columns, with their titles. */
export const COLUMNS = {
  blocked: 'A, who is blocked',
  blocker: 'B, who blocks',
  both: 'where each blocks the other',
} as const;

/** All that a block changes, and all that it does not. */
export const MATRIX: Row[] = [
  ...sendingRows,
  ...deedRows,
  ...presenceRows,
  ...receiptRows,
  ...listRows,
  ...friendshipRows,
  ...unblockingRows,
];
