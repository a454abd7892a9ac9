import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Tally } from './deed.js';
import { type History, histories, LEAST_COMMANDS, live } from './histories.js';
import { Service } from './service.js';

/**
 * A model is compared with the running service over random histories. In `npm test` they are always the same;
 * `npm run test:model` runs others, and says how to run a failure again:
 *
 * - `MODEL_SEED`: `random`, or the number that a failure named
 * - `MODEL_RUNS`: how many histories
 * - `MODEL_PATH`, `MODEL_REPLAY`: where in its histories the failure was, and what of it was run
 * - `MODEL_SHRINK=off`: a failure is told as it was found, at once
 */
const { MODEL_SEED, MODEL_RUNS, MODEL_PATH, MODEL_REPLAY, MODEL_SHRINK } = process.env;

const FIXED_SEED = 6;
const SEED = MODEL_SEED === 'random' ? randomInt(2 ** 31) : Number(MODEL_SEED ?? FIXED_SEED);
const RUNS = Number(MODEL_RUNS ?? 100);

/** Histories that run at the same time, each line on a service and a database of its own: most of their time is waiting. */
const LINES = MODEL_PATH === undefined ? 4 : 1;

/** How long a failure is shrunk, in milliseconds. */
const SHRINKING = 5 * 60_000;

/** A bound against a hang, however busy the machine is. */
const PATIENCE = 60 * 60_000;

test(
  'whatever people do, everybody has exactly what the model says',
  async () => {
    const tally = new Tally();
    const lines = await Promise.all(Array.from({ length: LINES }, (_, line) => runLine(SEED + line, tally)));
    process.stderr.write(`${report(tally)}\n`);
    const failure = lines.find((line) => line !== undefined);
    if (failure) throw new Error(failure);
    if (MODEL_PATH === undefined) expect(tally.total).toBeGreaterThanOrEqual(RUNS * LEAST_COMMANDS);
  },
  PATIENCE,
);

/** The line that has found a failure. */
const failing: { line?: number; until: number } = { until: Infinity };

/** @returns what failed, and how to run it again */
async function runLine(seed: number, tally: Tally): Promise<string | undefined> {
  const service = await Service.start();
  try {
    const property = fc.asyncProperty(histories(tally, MODEL_REPLAY), async (history) => {
      // Another line has found something, and that is what is shrunk; or it is small enough.
      if ((failing.line ?? seed) !== seed || Date.now() > failing.until) return;
      tally.histories += 1;
      try {
        await live(service, history);
      } catch (error) {
        if (failing.line === undefined) failing.until = Date.now() + SHRINKING;
        failing.line = seed;
        throw error;
      }
    });
    const details = await fc.check(property, {
      seed,
      numRuns: MODEL_PATH === undefined ? Math.ceil(RUNS / LINES) : 1,
      endOnFailure: MODEL_SHRINK === 'off' || MODEL_PATH !== undefined,
      ...(MODEL_PATH !== undefined && { path: MODEL_PATH }),
    });
    return details.failed ? failureText(seed, details) : undefined;
  } finally {
    await service.stop();
  }
}

function failureText(seed: number, details: fc.RunDetails<[History]>): string {
  const { numRuns, numShrinks, counterexamplePath, counterexample, errorInstance } = details;
  const history = fc.stringify(counterexample?.[0]);
  const replay = /replayPath="([^"]*)"/.exec(history)?.[1] ?? '';
  return [
    `History ${numRuns} failed, shrunk ${numShrinks} times to:`,
    history.replaceAll(/,(?=[A-Z])/g, '\n'),
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    'To run it again:',
    `MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath} MODEL_REPLAY=${replay} npm run test:model`,
  ].join('\n\n');
}

function report(tally: Tally): string {
  const counts = [...tally.counts].toSorted(([, one], [, other]) => other - one);
  return `${tally.histories} histories, ${tally.total} commands (seed ${SEED}): ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`;
}
