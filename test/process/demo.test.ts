import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningApp, startApp } from '../support/running-app.js';

const MAIN = fileURLToPath(new URL('../../demo/main.mjs', import.meta.url));

/** What one run of the demo told, and how it ended. */
interface Told {
  code: number | null;
  story: string;
  errors: string;
}

let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'r2c-demo-test-'));
});

afterAll(() => rm(temporary, { recursive: true, force: true }));

/** Starts the demo; its temporary folders are made in `temporary`. */
function begin(...args: string[]): { child: ChildProcess; told: Promise<Told> } {
  const env = { ...process.env, TMPDIR: temporary, REALS2CHAT_URL: '' };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { code: null as number | null, story: '', errors: '' };
  child.stdout.on('data', (text: Buffer) => (told.story += text.toString()));
  child.stderr.on('data', (text: Buffer) => (told.errors += text.toString()));
  return { child, told: once(child, 'close').then(([code]) => ({ ...told, code: code as number | null })) };
}

describe('The demo against a running server', () => {
  let server: RunningApp;
  let told: Told;

  beforeAll(async () => {
    server = await startApp();
    told = await begin(server.url, '--fast').told;
  });

  afterAll(() => server.stop());

  it('ends by itself, with nothing to complain about', () => {
    expect(told).toMatchObject({ code: 0, errors: '' });
  });

  it.each([
    ['signs up over REST', 'Ann  signs up', 'POST /api/auth/register -> 201'],
    ['connects', 'Bob  is connected', '<- ready'],
    ['finds a person', 'Ann  finds one person called Bob', 'GET /api/users?query=Bob -> 200'],
    ['asks for friendship', 'Ann  asks Bob for friendship', 'POST /api/friends/requests -> 201'],
    ['is asked', 'Bob  request from Ann to Bob: "We met in Lisbon"', '<- friendRequest'],
    ['accepts', 'Bob  accepts', 'POST /api/friends/requests/:id/accept -> 200'],
    ['hears of it', 'Ann  is now friends with Bob', '<- friendAccepted'],
    ['types', 'Ann  types', 'typing -> acknowledged'],
    ['is seen typing', 'Bob  sees Ann typing ...', '<- typingStatus'],
    ['sends over REST', 'Ann  writes "Hello Bob, are you back?" (no. 1)', 'POST /api/messages/send -> 201'],
    ['hears it live', 'Bob  reads "Hello Bob, are you back?" (no. 1)', '<- receiveMessage'],
    ['sees it sent', 'Ann  sees it sent: "Hello Bob, are you back?" (no. 1)', '<- messageSent'],
    [
      'sends over Socket.IO',
      'Bob  writes "Since this morning. Look:" (no. 2)',
      'sendMessage -> acknowledged',
    ],
    ['sends a picture', 'Ann  reads [image] (no. 3)', '<- receiveMessage'],
    ['retries', 'Ann  retries, stored once: "What a harbour!" (no. 4)', 'POST /api/messages/send -> 200'],
    ['stops typing', 'Bob  thinks better of it', 'stopTyping -> acknowledged'],
    ['pins', 'Ann  sets: pinned, favourite', 'PUT /api/conversations/:id/metadata -> 200'],
    ['sees the pin', 'Ann  has the settings: pinned, favourite', '<- conversationUpdated'],
    ['blocks', 'Ann  sets: pinned, favourite, blocked', 'PUT /api/conversations/:id/metadata -> 200'],
    ['writes unheard', 'Bob  writes "Are you there?" (no. 5)', 'sendMessage -> acknowledged'],
    ['is heard again', 'Ann  reads "Coffee at five?" (no. 6)', '<- receiveMessage'],
    ['reads the history', 'Ann  finds no. 1, 2, 3, 4, 6 (never no. 5)', 'GET /api/messages/:id -> 200'],
    ['signs out', 'Bob  signs out', 'POST /api/auth/logout -> 204'],
    ['is disconnected', 'Bob  is disconnected', '<- disconnect'],
    ['goes offline', 'Ann  sees Bob offline', '<- userStatus'],
    ['is listed offline', 'Ann  looks who is there: Bob is offline', 'GET /api/friends -> 200'],
  ])('tells how somebody %s', (_, what, source) => {
    const line = `^ +\\d+:\\d\\d  ${literal(what)} +${literal(source)}$`;
    expect(told.story).toMatch(new RegExp(line, 'm'));
  });

  it('never tells what Ann was spared', () => {
    expect(told.story).not.toContain('Ann  reads "Are you there?"');
  });

  it('has no colours where nobody looks', () => {
    expect(told.story).not.toContain('\u001B');
  });
});

describe('The demo on its own', () => {
  it('starts a server, tells the story and leaves nothing behind', async () => {
    const { code, story } = await begin('--own', '--fast').told;
    expect(story).toContain('That was all.');
    expect(code).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('cleans up after Ctrl-C', async () => {
    const { child, told } = begin('--own');
    child.stdout?.on('data', (text: Buffer) => {
      if (text.includes('They become friends')) child.kill('SIGINT');
    });
    expect(await told).toMatchObject({ code: 130, errors: '' });
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe('The demo says in one line', () => {
  const oneLine = (text: string) =>
    expect.stringMatching(new RegExp(`^The demo cannot go on: .*${text}.*\n$`));

  it('that nothing answers', async () => {
    const told = await begin('http://127.0.0.1:1').told;
    expect(told).toMatchObject({ code: 1, errors: oneLine('No chat server') });
  });

  it('that the server refuses', async () => {
    const server = createServer(({ url }, answer) => {
      const isHealth = url === '/health/ready';
      const refusal = { success: false, message: 'Too many.', code: 'rate_limited' };
      answer.writeHead(isHealth ? 200 : 429).end(JSON.stringify(isHealth ? { success: true } : refusal));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const told = await begin(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).told;
    server.close();
    expect(told).toMatchObject({ code: 1, errors: oneLine('register was refused: 429 rate_limited') });
  });

  it('that it was called wrongly', async () => {
    expect(await begin('somewhere').told).toMatchObject({ code: 1, errors: oneLine('not an http') });
  });
});

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
