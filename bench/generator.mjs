import { fork } from 'node:child_process';
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Has a load generator make a load in a process of its own.
 *
 * @param script - of the generator, in this folder
 * @param begun - called when the measured part begins, and `ended` when it ends
 * @returns what the generator tells of it
 */
export async function generate(script, load, { begun, ended }) {
  const generator = fork(fileURLToPath(new URL(script, import.meta.url)));
  const said = on(generator, 'message', { close: ['exit'] });
  try {
    generator.send(load);
    await heard(said, 'begun');
    await begun();
    await heard(said, 'ended');
    await ended();
    return await heard(said);
  } finally {
    generator.kill();
  }
}

async function heard(said, what) {
  const { value, done } = await said.next();
  if (done) throw new Error('The generator has ended before its load');
  const [message] = value;
  if (what && message !== what) throw new Error(`The generator said ${JSON.stringify(message)}, not ${what}`);
  return message;
}
