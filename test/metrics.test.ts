import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Metrics } from '../src/common/metrics.js';
import { call, friends } from './support/person.js';
import { type RunningApp, startApp } from './support/running-app.js';

const DOCUMENT = new URL('../docs/metrics.md', import.meta.url);

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** The value of a series as Prometheus would read it. */
async function read(series: string): Promise<number> {
  const { body } = await call<string>(app.url, 'GET', '/metrics');
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

describe('Metrics', () => {
  test('follow what happens', async () => {
    const { ann, bob } = await friends(app.url);
    const device = await bob.connects();
    await ann.says(bob, 'Hi', 'k');
    await ann.says(bob, 'Hi', 'k');
    await ann.posts(bob, '');
    await device.raw('nonsense', {});

    expect(await read('reals2chat_message_sends_total{outcome="stored"}')).toBe(1);
    expect(await read('reals2chat_message_sends_total{outcome="repeated"}')).toBe(1);
    expect(await read('reals2chat_message_batch_size_count')).toBe(2);
    expect(await read('reals2chat_refusals_total{transport="http",code="validation_failed"}')).toBe(1);
    expect(await read('reals2chat_refusals_total{transport="socket",code="unknown_event"}')).toBe(1);
    expect(await read('reals2chat_socket_events_total{event="unknown"}')).toBe(1);
    expect(await read('reals2chat_sockets')).toBe(1);
    expect(await read('reals2chat_people_connected')).toBe(1);
    expect(await read('reals2chat_outbox_waiting_bytes')).toBe(0);
    expect(
      await read(
        'reals2chat_http_request_seconds_count{method="POST",route="/api/messages/send",status="201"}',
      ),
    ).toBe(1);
    bob.leaves();
  });

  test('are all in docs/metrics.md (UPDATE_DOCS=1 writes it)', async () => {
    const metrics = await app.app.get(Metrics).registry.getMetricsAsJSON();
    const rows = metrics
      .filter(({ name }) => name.startsWith('reals2chat_'))
      .map(({ name, type, help }) => `| \`${name}\` | ${String(type)} | ${help} |`)
      .toSorted();
    const page = [
      '# Metrics',
      '',
      'What `GET /metrics` tells Prometheus, beside the default figures of Node (`process_*`, `nodejs_*`, of which',
      '`nodejs_eventloop_lag_p99_seconds` is the one to watch). Times are in seconds.',
      '',
      '| name | kind | what it is |',
      '| --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    if (process.env.UPDATE_DOCS) await writeFile(DOCUMENT, page);
    expect(await readFile(DOCUMENT, 'utf8')).toBe(page);
  });
});
