/** Why the embedded database cannot be used. The message is one sentence for the operator, without a stack. */
export class EmbeddedMongodError extends Error {
  override readonly name = 'EmbeddedMongodError';
}
