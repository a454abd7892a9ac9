/** Stops the database that the global setup has started. */
export default async function globalTeardown() {
  await globalThis.stopTestMongod?.();
}
