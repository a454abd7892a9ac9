import strykerEnvironment from '@stryker-mutator/jest-runner/jest-env/node';
import { run } from './run-state.mjs';
import { SLOW } from './stories.mjs';

/**
 * The environment of a test file in mutation testing. It skips what comes behind the first failure, since one is
 * enough, and it says truly which tests reach a place in the code: what runs in a `beforeAll` hook, such as the
 * start of the application, counts for each test behind it, and what happens after a test's end for that test.
 */
export default class StoryEnvironment extends strykerEnvironment {
  /** The mutant that is switched on when the tests begin. */
  mutant = run.mutant;
  /** Which tests a hook was run for, by the name under which what it reaches is noted. */
  #hooks = new Map();

  constructor(config, context) {
    super(config, context);
    const noteTest = this.handleTestEvent;
    this.handleTestEvent = async (event, state) => {
      await noteTest(event, state);
      this.#follow(event, state);
    };
  }

  #follow(event) {
    switch (event.name) {
      case 'run_start':
        if (this.#stryker) this.#stryker.activeMutant = this.mutant;
        break;
      case 'hook_start':
        if (event.hook.type.endsWith('All')) this.#noteHook(event.hook.parent);
        break;
      case 'test_start':
        if (run.hasFailed || SLOW.test(fullName(event.test))) skip(event.test);
        break;
      case 'test_done':
        if (event.test.errors.length > 0) run.hasFailed = true;
        this.#noteFor(fullName(event.test));
        break;
      case 'run_finish':
        this.#spreadHooks();
    }
  }

  #noteHook(block) {
    const id = `hook ${fullName(block)}`;
    this.#hooks.set(id, testsIn(block).map(fullName));
    this.#noteFor(id);
  }

  /** From here on, what is reached is noted under this name. */
  #noteFor(id) {
    if (run.mutant === undefined) this.#stryker.currentTestId = id;
  }

  #spreadHooks() {
    if (run.mutant !== undefined) return;
    const { perTest = {} } = this.#stryker.mutantCoverage ?? {};
    for (const [id, tests] of this.#hooks) {
      const hits = Object.entries(perTest[id] ?? {});
      delete perTest[id];
      for (const test of tests) {
        perTest[test] ??= {};
        for (const [mutant, times] of hits) perTest[test][mutant] = (perTest[test][mutant] ?? 0) + times;
      }
    }
    this.#stryker.currentTestId = undefined;
    run.reachedByLoading = Object.keys(this.#stryker.mutantCoverage?.static ?? {});
  }

  /** What Stryker shares with the code under test. */
  get #stryker() {
    return this.global[this.global.__strykerGlobalNamespace__];
  }
}

function skip(test) {
  if (test.mode === 'skip') return;
  run.skipped.add(test);
  test.mode = 'skip';
}

/** As Jest names a test: the names of its blocks before its own. */
function fullName({ parent, name }) {
  return parent ? `${fullName(parent)} ${name}`.trimStart() : '';
}

function testsIn(block) {
  return block.children.flatMap((child) => (child.type === 'describeBlock' ? testsIn(child) : [child]));
}
