import { setTimeout as delay } from 'node:timers/promises';

/** How long a test waits for something that no event tells, in milliseconds. */
const PATIENCE = 15_000;

/** Resolved when this becomes true. @throws Error if it does not */
export async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!(await isTrue())) {
    if (Date.now() > end)
      throw new Error(`It did not become true within ${PATIENCE} ms: ${isTrue.toString()}`);
    await delay(20);
  }
}
