import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Metrics } from '../../src/common/metrics.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const [RULES, RULES_TEST, PAGE] = ['deploy/alerts.yml', 'deploy/alerts.test.yml', 'docs/operations.md'].map(
  at,
) as [string, string, string];
const METRIC = /\b(?:reals2chat|process|nodejs)_[a-z0-9_]+/g;

let app: RunningApp;
let known: Set<string>;
beforeAll(async () => {
  app = await startApp();
  const metrics = await app.app.get(Metrics).registry.getMetricsAsJSON();
  known = new Set(
    metrics.flatMap(({ name, type }) =>
      // Enums of prom-client that are strings at run time.
      String(type) === 'histogram' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
});
afterAll(() => app.stop());

/** The names of alerts that a rule file declares. */
const alertsIn = (text: string) =>
  [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name as string);

describe('Rules and page', () => {
  test.each([RULES, RULES_TEST, PAGE])('%s names only metrics that there are', async (file) => {
    const named = [...(await readFile(file, 'utf8')).matchAll(METRIC)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('the page has every alert and every metric of the service', async () => {
    const page = await readFile(PAGE, 'utf8');
    const rows = [...page.matchAll(/^\| (Chat\w+) /gm)].map(([, name]) => name as string);
    expect(rows.toSorted()).toEqual(alertsIn(await readFile(RULES, 'utf8')).toSorted());
    const own = [...known].filter(
      (name) => name.startsWith('reals2chat_') && !/_(bucket|count|sum)$/.test(name),
    );
    expect(own.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('every alert is tested both ways', async () => {
    const tests = (await readFile(RULES_TEST, 'utf8')).split(/^ +- name: /m);
    const [silent, ...raised] = tests.slice(1);
    for (const name of alertsIn(await readFile(RULES, 'utf8'))) {
      expect(silent).toContain(name);
      expect(raised.join('\n')).toContain(name);
    }
  });
});

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).status === 0;

/** @throws Error with what it found */
function promtool(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout + stderr);
}

(HAS_PROMTOOL ? describe : describe.skip)('promtool', () => {
  test('accepts the rules', () => promtool('check', 'rules', RULES));

  test('sees each alert raised by what it is for, and by nothing else', () => {
    promtool('test', 'rules', RULES_TEST);
  });
});

if (!HAS_PROMTOOL) {
  test('not run: there is no promtool here', () => {
    process.stderr.write('Alert rules: not run, there is no promtool here (Debian: prometheus)\n');
  });
}
