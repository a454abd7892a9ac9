/**
 * Reads regular expressions, `[{ source, flags }]`, from standard input, and writes what an attacker gains from each:
 * `safe`, or `vulnerable` with `polynomial` or `exponential`. A process of its own, since Jest's sandbox makes the
 * analysis many times slower.
 */
import { json } from 'node:stream/consumers';

// Without it, programs that are not part of the library are started.
process.env.RECHECK_BACKEND = 'pure';
const { check } = await import('recheck');

const answers = [];
for (const { source, flags } of await json(process.stdin)) {
  const { status, complexity } = await check(source, flags, { timeout: 20_000 });
  answers.push(status === 'safe' ? 'safe' : `${status} ${complexity?.type ?? ''}`);
}
process.stdout.write(JSON.stringify(answers));
