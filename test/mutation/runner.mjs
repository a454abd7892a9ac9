import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import JestRunner from 'jest-runner';
import { run } from './run-state.mjs';
import { storiesOf } from './stories.mjs';

/** Where the first run of all tests notes what is in which file, and how long it takes: in Stryker's own copy. */
const NOTES = 'mutation-tests.json';

/**
 * Runs the test files for one mutant: those that hold a test that reaches it, the quick ones first, and none
 * after the first failure. Jest by itself would load every file, though it skips all tests in it, and go on.
 */
export default class StoryRunner extends JestRunner {
  async runTests(tests, watcher, options) {
    run.mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    run.hasFailed = false;
    if (run.mutant === undefined) return this.#runAll(tests, watcher, options);
    const notes = JSON.parse(readFileSync(NOTES, 'utf8'));
    run.isStatic = notes.reachedByLoading.includes(run.mutant);
    for (const test of this.#chosen(tests, notes.files)) {
      if (run.hasFailed) return;
      await super.runTests([test], watcher, options);
    }
  }

  /** A test file that fails and then cannot be left in order has failed all the same. */
  on(event, listener) {
    if (event !== 'test-file-success') return super.on(event, listener);
    return super.on(event, ([test, result]) => {
      if (result.numFailingTests > 0) result.testExecError = undefined;
      return listener([test, result]);
    });
  }

  async #runAll(tests, watcher, options) {
    const files = {};
    const off = super.on('test-file-success', ([{ path }, { testResults }]) => {
      files[inProject(path)] = testResults.map(({ fullName, duration }) => [fullName, duration ?? 0]);
    });
    await super.runTests(tests, watcher, options);
    off();
    writeFileSync(NOTES, JSON.stringify({ files, reachedByLoading: run.reachedByLoading }));
  }

  #chosen(tests, files) {
    const { testNamePattern, nonFlagArgs } = this._globalConfig;
    const stories = storiesOf(inProject(nonFlagArgs[0]));
    const reaches = new RegExp(testNamePattern || '', 'i');
    return tests
      .map((test) => ({ test, file: inProject(test.path) }))
      .filter(({ file }) => file.startsWith('src/') || stories.includes(file))
      .map(({ test, file }) => ({
        test,
        reaching: (files[file] ?? []).filter(([name]) => reaches.test(name)),
      }))
      .filter(({ reaching }) => reaching.length > 0)
      .map(({ test, reaching }) => ({ test, time: reaching.reduce((sum, [, time]) => sum + time, 0) }))
      .toSorted((one, other) => one.time - other.time)
      .map(({ test }) => test);
  }
}

function inProject(path) {
  return relative(process.cwd(), path);
}
