/** Loaded into a server before it starts: on SIGUSR2 it collects garbage and says what is left, in bytes. */
process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`Memory ${heapUsed + external}`);
});
