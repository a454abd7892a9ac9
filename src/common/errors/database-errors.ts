import { mongo } from 'mongoose';

/**
 * Codes of a node that steps down, shuts down or takes too long: they say nothing about the operation. Source:
 * `src/mongo/base/error_codes.yml` of MongoDB, categories NotPrimaryError, ShutdownError, ExceededTimeLimitError.
 */
const PASSING = new Set([50, 64, 91, 189, 262, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether a code of MongoDB says something about the node's state and nothing about the operation. */
export function isPassingCode(code: unknown): boolean {
  return typeof code === 'number' && PASSING.has(code);
}

/** Codes of a snapshot that cannot be read: SnapshotTooOld, SnapshotUnavailable. */
const SNAPSHOT_GONE = new Set<unknown>([239, 246]);

/** Whether a snapshot cannot be read at this moment, so that a new one is worth a try. */
export function isSnapshotGone(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && SNAPSHOT_GONE.has(error.code);
}

/** Whether a unique index refused the write (code 11000). */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_000;
}

/** Whether the database could not be asked at all (no primary, network, pool, time limit), so that trying again may help. */
export function isDatabaseAway(thrown: unknown): boolean {
  if (thrown instanceof mongo.MongoBulkWriteError && isDatabaseAway(causeOf(thrown))) return true;
  return (
    thrown instanceof mongo.MongoNetworkError ||
    thrown instanceof mongo.MongoServerSelectionError ||
    thrown instanceof mongo.MongoNotConnectedError ||
    thrown instanceof mongo.MongoTopologyClosedError ||
    thrown instanceof mongo.MongoOperationTimeoutError ||
    (thrown instanceof mongo.MongoError &&
      (isPassingCode(thrown.code) ||
        thrown.hasErrorLabel('RetryableWriteError') ||
        thrown.hasErrorLabel('TransientTransactionError') ||
        thrown.hasErrorLabel('PoolRequestedRetry')))
  );
}

/** What ended a bulk write: the driver keeps it where it keeps the server's answer, and nowhere else. */
function causeOf(error: mongo.MongoBulkWriteError): unknown {
  const cause: unknown = error.errorResponse;
  return cause === error ? undefined : cause;
}
