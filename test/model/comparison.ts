import { randomInt } from 'node:crypto';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { Tally } from './deed.js';
import { type History, histories, LEAST_COMMANDS, live } from './histories.js';
import { Service } from './service.js';

/*
 * A model is compared with the running service over random histories. In `npm test` they are always the same;
 * `npm run test:model` runs others, and says how to run a failure again:
 *
 * - `MODEL_SEED`: `random`, or the number that a failure named
 * - `MODEL_RUNS`: how many histories a test file runs
 * - `MODEL_PATH`, `MODEL_REPLAY`: where in its histories the failure was, and what of it was run
 * - `MODEL_SHRINK=off`: a failure is told as it was found, at once
 */
const { MODEL_SEED, MODEL_RUNS, MODEL_PATH, MODEL_REPLAY, MODEL_SHRINK } = process.env;

const FIXED_SEED = 6;
const FIRST_SEED = MODEL_SEED === 'random' ? randomInt(2 ** 30) : Number(MODEL_SEED ?? FIXED_SEED);
const RUNS = Number(MODEL_RUNS ?? 50);

/** Whether one failure is run again, and nothing else. */
export const IS_REPLAY = MODEL_PATH !== undefined;

/** Histories that run at the same time, each line on a service and a database of its own: they wait for heartbeats. */
const LINES = IS_REPLAY ? 1 : 4;

/** How long a failure is shrunk, in milliseconds. */
const SHRINKING = 2 * 60_000;

/** A bound against a hang, however busy the machine is. */
export const PATIENCE = SHRINKING + 5 * 60_000 + RUNS * 10_000;

/** What all lines know. */
interface Run {
  tally: Tally;
  /** The line that has found a failure, and until when it shrinks it. */
  failing: { seed: number; until: number } | undefined;
}

/**
 * Runs one test file's part of the histories: those of `LINES` seeds.
 *
 * @param part - 0, 1 …: each has other seeds
 *
 * @throws Error that tells the shortest history found in which the two differ, and how to run it again
 */
export async function compare(part: number): Promise<void> {
  const run: Run = { tally: new Tally(), failing: undefined };
  const firstSeed = FIRST_SEED + part * LINES;
  const lines = await Promise.all(Array.from({ length: LINES }, (_, line) => runLine(firstSeed + line, run)));
  process.stderr.write(`${report(run.tally, firstSeed)}\n`);
  const failure = lines.find((line) => line !== undefined);
  if (failure) throw new Error(failure);
  if (IS_REPLAY) return;
  expect(run.tally.histories).toBeGreaterThanOrEqual(RUNS);
  expect(run.tally.shortest).toBeGreaterThanOrEqual(LEAST_COMMANDS);
  expect(run.tally.total).toBeGreaterThanOrEqual(RUNS * LEAST_COMMANDS);
  // Others may lack what is rare.
  if (MODEL_SEED === undefined) expect([...run.tally.counts.keys()]).toContain('restart');
}

/** @returns what failed, and how to run it again */
async function runLine(seed: number, run: Run): Promise<string | undefined> {
  const service = await Service.start();
  try {
    const property = fc.asyncProperty(histories(run.tally, MODEL_REPLAY), async (history) => {
      const { failing } = run;
      // Another line has found something, and that is what is shrunk; or it is small enough.
      if (failing && (failing.seed !== seed || Date.now() > failing.until)) return;
      try {
        await live(service, history);
      } catch (error) {
        run.failing ??= { seed, until: Date.now() + SHRINKING };
        if (run.failing.seed === seed) throw error;
        return;
      }
      run.tally.endHistory([...history].length);
    });
    const details = await fc.check(property, {
      seed,
      numRuns: IS_REPLAY ? 1 : Math.ceil(RUNS / LINES),
      endOnFailure: MODEL_SHRINK === 'off' || IS_REPLAY,
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

function report(tally: Tally, firstSeed: number): string {
  const counts = [...tally.counts].toSorted(([, one], [, other]) => other - one);
  const seeds = IS_REPLAY ? firstSeed : `${firstSeed} to ${firstSeed + LINES - 1}`;
  return `${tally.histories} histories, ${tally.total} commands (seed ${seeds}): ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`;
}
