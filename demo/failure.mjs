/** What the demo cannot help: told in one line, without a stack. */
export class Failure extends Error {}
