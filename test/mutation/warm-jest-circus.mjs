import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import jestCircus from 'jest-circus/runner';
import { run } from './run-state.mjs';

const circus = jestCircus.default ?? jestCircus;

const ADAPTER = join(
  dirname(createRequire(import.meta.url).resolve('jest-circus/runner')),
  'jestAdapterInit.js',
);

/** The test files that are loaded, by path: what is loaded once serves for the next mutants too. */
const warm = new Map();

/**
 * Jest's own test runner, but a test file stays loaded for the mutants that come, since loading the application
 * takes far longer than a test. A mutant that is reached while modules are loaded gets a fresh file. And a failure
 * counts only if the test passes in the same place without the mutant: else it is seen whether it fails in a
 * fresh one.
 */
export default async function warmCircus(globalConfig, config, environment, runtime, path, send) {
  const cold = () => circus(globalConfig, config, environment, runtime, path, send);
  if (run.mutant === undefined || run.isStatic) return cold();

  let place = warm.get(path);
  if (!place) {
    place = { environment, runtime };
    // Loaded without the mutant, which the environment switches on when the tests begin.
    delete environment.global.process.env.__STRYKER_ACTIVE_MUTANT__;
    const result = await cold();
    // Whoever loaded it wants to clear it away.
    environment.teardown = async () => undefined;
    runtime.teardown = () => undefined;
    warm.set(path, place);
    return result;
  }

  const again = (mutant, pattern) => runAgain(place, { globalConfig, config, path, mutant, pattern });
  const result = await again(run.mutant, globalConfig.testNamePattern);
  const failed = result.testResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0 && !result.testExecError) return result;

  const control = await again(undefined, failed.map(({ fullName }) => `^${escaped(fullName)}$`).join('|'));
  if (control.numFailingTests === 0 && !control.testExecError) {
    run.hasFailed = failed.length > 0;
    return result;
  }
  warm.delete(path);
  await leave(place);
  run.hasFailed = false;
  return cold();
}

async function runAgain({ environment, runtime }, { globalConfig, config, path, mutant, pattern }) {
  const { global } = environment;
  const state =
    global[
      Object.getOwnPropertySymbols(global).find(({ description }) => description === 'JEST_STATE_SYMBOL')
    ];
  state.testNamePattern = pattern ? new RegExp(pattern, 'i') : null;
  state.unhandledErrors = [];
  reset(state.rootDescribeBlock);
  run.hasFailed = false;
  environment.mutant = mutant;
  global.console = silent;

  const fail = (error) => state.currentlyRunningTest?.errors.push(error);
  process.on('uncaughtException', fail);
  try {
    const { runAndTransformResultsToJestFormat } = runtime.requireInternalModule(ADAPTER);
    const setupAfterEnvPerfStats = { setupAfterEnvStart: 0, setupAfterEnvEnd: 0 };
    const result = await runAndTransformResultsToJestFormat({
      config,
      globalConfig: { ...globalConfig, testNamePattern: pattern },
      setupAfterEnvPerfStats,
      testPath: path,
    });
    // A plain copy: the result is made of objects of the other realm.
    return JSON.parse(JSON.stringify(result));
  } finally {
    process.off('uncaughtException', fail);
  }
}

/** As if none of the tests had run. */
function reset(block) {
  for (const child of block.children) {
    if (child.type === 'describeBlock') reset(child);
    else {
      const isSkipped = child.mode === 'skip' && !run.skipped.has(child);
      Object.assign(child, {
        errors: [],
        retryReasons: [],
        status: null,
        startedAt: null,
        duration: null,
        invocations: 0,
        seenDone: false,
        mode: isSkipped ? 'skip' : undefined,
      });
    }
  }
}

async function leave({ environment, runtime }) {
  delete environment.teardown;
  delete runtime.teardown;
  runtime.teardown();
  await environment.teardown();
}

function escaped(text) {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

const silent = new Proxy(console, { get: () => () => undefined });
