/** What the runner, the test framework and the environments of one run share. */
export const run = {
  /** The mutant that is tried; none in the first run, which only sees what is reached by what. */
  mutant: undefined,
  /** Whether it is reached while modules are loaded. */
  isStatic: false,
  /** The mutants that are reached while modules are loaded, as the first run has found. */
  reachedByLoading: [],
  /** Whether a test has failed. */
  hasFailed: false,
  /** Tests that are left out for now. */
  skipped: new WeakSet(),
};
