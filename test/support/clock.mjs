/**
 * Preloaded into a service process: its wall clock is wrong by as many milliseconds as the file `WRONG_CLOCK` says.
 * SIGUSR2 has it read again, as when somebody sets the clock. Timers and `performance.now()` go on as always, as on
 * a real machine.
 */
import { readFileSync } from 'node:fs';

const TrueDate = Date;
let wrongBy = 0;
let times = 0;

globalThis.Date = class Date extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + wrongBy);
    else super(...given);
  }

  static now() {
    return TrueDate.now() + wrongBy;
  }
};

process.on('SIGUSR2', () => {
  wrongBy = Number(readFileSync(process.env.WRONG_CLOCK, 'utf8'));
  times += 1;
  process.stderr.write(`The clock was set ${times} times\n`);
});
