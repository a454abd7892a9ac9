import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FetchCommand, runFetch } from './fetch-command.js';

describe('a download in a process of its own', () => {
  let workDir: string;

  beforeEach(async () => {
    workDir = await mkdtemp(join(tmpdir(), 'fetch '));
  });

  afterEach(() => rm(workDir, { recursive: true, force: true }));

  const node = (script: string, more: Partial<FetchCommand> = {}): Promise<string> =>
    runFetch({
      program: process.execPath,
      args: ['-e', script],
      workDir,
      stallAfter: 30_000,
      progress: () => undefined,
      ...more,
    });

  it('gives back what it prints, with what is added to its environment', async () => {
    expect(await node('process.stdout.write(process.env.EXTRA)', { env: { EXTRA: 'here' } })).toBe('here');
  });

  it('fails with the last line it complains with', async () => {
    await expect(node('console.error("first\\nlast"); process.exitCode = 3')).rejects.toThrow(/^last$/);
    await expect(node('process.exitCode = 3')).rejects.toThrow('ended with code 3');
  });

  it('says when the program is missing', async () => {
    await expect(node('', { program: 'no-such-program' })).rejects.toThrow('there is no no-such-program');
  });

  it('ends one that brings nothing', async () => {
    await expect(node('setInterval(() => 0, 1000)', { stallAfter: 1 })).rejects.toThrow('nothing came for');
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    const running = node('setInterval(() => 0, 1000)', { signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toBe(stop.signal.reason);
    await expect(node('', { signal: stop.signal })).rejects.toBe(stop.signal.reason);
  });
});
