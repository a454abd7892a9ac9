import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../common/system-errors.js';

const run = promisify(execFile);

/** One process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque and the same for as long as the process lives: boot and start tick, or the start date. */
  started: string;
}

/** The identity of the running process `pid`; `undefined` if it has ended, also when only its parent has not noticed. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startElsewhere(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether the very process of `identity` still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

/** The arguments a running process was started with, joined by spaces; empty if they cannot be seen. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    }
    return (await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

/**
 * Ends a process that is not a child: SIGTERM, and SIGKILL for one that has not gone by then.
 *
 * @param patience milliseconds between the two
 * @returns false if it is still there another 2 s later, or is not ours to end
 */
export async function endProcess(identity: ProcessIdentity, patience: number): Promise<boolean> {
  for (const [signal, wait] of [
    ['SIGTERM', patience],
    ['SIGKILL', 2000],
  ] as const) {
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      return errorCode(error) === 'ESRCH';
    }
    const deadline = performance.now() + wait;
    while (performance.now() < deadline) {
      if (!(await isRunning(identity))) return true;
      await delay(20);
    }
  }
  return false;
}

async function startOnLinux(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    ]);
    // The second field is the program's name and may hold spaces and brackets; count behind its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot.trim()}:${fields[19]}`;
  } catch {
    return mayExist(pid) ? 'unknown' : undefined;
  }
}

async function startElsewhere(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } });
    const [state = '', ...started] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') || started.length === 0 ? undefined : started.join(' ');
  } catch {
    return mayExist(pid) ? 'unknown' : undefined;
  }
}

/** Where other people's processes are hidden, a signal still tells that one is there. */
function mayExist(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
