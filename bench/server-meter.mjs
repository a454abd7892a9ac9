import { readFileSync } from 'node:fs';

/** Clock ticks a second in `/proc`, see proc(5). */
const TICKS = 100;

/** What a server costs between two moments. */
export class ServerMeter {
  #pid;
  #ticks = 0;
  /** The part between, in microseconds of the monotonic clock, as CPU profiles count. */
  window = { begin: 0, end: 0 };
  /** CPU time of all of its threads, user and system, in seconds; `NaN` where the system does not tell. */
  cpuSeconds = NaN;

  constructor(pid) {
    this.#pid = pid;
  }

  begin() {
    this.window.begin = now();
    this.#ticks = ticksOf(this.#pid);
  }

  end() {
    this.window.end = now();
    this.cpuSeconds = (ticksOf(this.#pid) - this.#ticks) / TICKS;
  }
}

function now() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** `utime` and `stime`, the 14th and 15th field; the 2nd one may hold spaces and ends with a bracket. */
function ticksOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return NaN;
  }
}
