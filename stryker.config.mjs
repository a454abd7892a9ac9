/**
 * Mutation testing of what must never be wrong: messages, conversations and the rules of blocks. `npm run
 * test:mutation` changes the code in hundreds of small ways, one at a time, and runs the tests that reach the
 * changed place; a change that no test notices shows what is not tested.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: [
    'src/messages/**/*.ts',
    'src/conversations/**/*.ts',
    'src/friends/{friend-machine,friendship-changes,friend-events,block-fan-out,appearances,presence-fan-out}.ts',
    '!**/*.spec.ts',
    // Declarations without a rule of their own: wiring that fails at the start, and what decorators say.
    '!**/*.module.ts',
    '!**/*.schema.ts',
    '!**/dto/**',
    // Names and help texts of figures.
    '!src/messages/message-metrics.ts',
  ],
  mutator: { excludedMutations: [] },
  plugins: ['@stryker-mutator/jest-runner', './test/mutation/log-lines.mjs'],
  ignorers: ['log lines'],

  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: { configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  disableTypeChecks: false,
  // What is loaded serves for many mutants; a worker that has lived long starts anew.
  maxTestRunnerReuse: 300,
  concurrency: 2,
  // Beside the time of the tests themselves, which a busy machine may stretch.
  timeoutMS: 20_000,
  dryRunTimeoutMinutes: 15,

  // With `--incremental`, what has not changed since the last run is taken from there.
  incrementalFile: 'reports/mutation/incremental.json',
  reporters: ['clear-text', 'progress', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: false },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  thresholds: { high: 90, low: 80, break: 80 },
  ignorePatterns: ['/dist', '/coverage', '/reports', '/demo', '/deploy', '/docs/images', '.data'],
  checkers: [],
  allowConsoleColors: false,
};
