import { mongo } from 'mongoose';

/**
 * The text of whatever was thrown, for a log line. What MongoDB's server says is told by its code alone: its
 * text can hold what was to be stored, a message or an e-mail address.
 */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof mongo.MongoServerError) {
    const { codeName } = thrown as { codeName?: string };
    return `${thrown.name} ${codeName ?? thrown.code ?? 'without a code'}`;
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An error as a log entry: what it was, where, and what caused it, but none of the data that errors carry. */
export function logEntryOf(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: messageOf(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: messageOf(thrown),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    at: thrown.stack?.match(/^ +at .*$/gm)?.map((frame) => frame.trim()),
    ...(thrown.cause !== undefined && { cause: logEntryOf(thrown.cause) }),
  };
}
