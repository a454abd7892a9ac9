import fs from 'node:fs';
import { jest } from '@jest/globals';

const STANDARD_ERROR = 2;

/** Takes what the service in this process logs, from now on, in the place of standard error. */
export function recordLog(): { lines(): string[]; end(): void } {
  const written: string[] = [];
  const original = fs.writeSync;
  const spy = jest.spyOn(fs, 'writeSync').mockImplementation(((
    fd: number,
    data: string | Uint8Array,
    ...rest: never[]
  ) => {
    if (fd !== STANDARD_ERROR) return original(fd, data as string, ...rest);
    written.push(Buffer.from(data as string).toString());
    return Buffer.byteLength(data);
  }) as typeof fs.writeSync);
  return {
    lines: () => written.join('').split('\n').slice(0, -1),
    end: () => spy.mockRestore(),
  };
}
