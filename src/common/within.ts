/**
 * Waits for work, but not for ever. The work itself goes on.
 *
 * @param ms - milliseconds
 * @returns whether it was done in time
 * @throws what the work throws in time
 */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
