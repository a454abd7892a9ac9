import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { type RunningApp, startApp } from '../support/running-app.js';
import { GIVEAWAYS, type Stage } from './giveaways.js';
import type { Scene } from './scene.js';
import { startWatchedApp, type WatchedApp } from './transcript.js';
import { live, type Situation, SITUATIONS } from './twins.js';

/** Most that all stories together may take, in milliseconds: a bound for a busy machine. */
const PATIENCE = 300_000;

let app: WatchedApp;
let patient: RunningApp;
const scenes: Scene[] = [];
const stage: Stage = { url: '', patientUrl: '', twins: {}, tell };

/** One after the other: what they cost is counted. */
async function tell(situation: Situation): Promise<void> {
  const blocked = await live(app, situation, true);
  const free = await live(app, situation, false);
  scenes.push(blocked.scene, free.scene);
  stage.twins[situation] = { blocked: blocked.steps, free: free.steps };
}

beforeAll(async () => {
  [app, patient] = await Promise.all([startWatchedApp(), startApp({ PRESENCE_GRACE_MS: '600000' })]);
  Object.assign(stage, { url: app.url, patientUrl: patient.url });
  for (const situation of Object.keys(SITUATIONS) as Situation[]) await tell(situation);
}, PATIENCE);
afterAll(async () => {
  for (const scene of scenes) scene.leaves();
  await Promise.all([app.stop(), patient.stop()]);
});

describe.each(GIVEAWAYS)('78: $by: $says', ({ cases }) => {
  const owed = cases.filter(({ isOwed }) => isOwed);
  test.each(cases.filter((one) => !owed.includes(one)))('$name', ({ check }) => check(stage), PATIENCE);
  if (owed.length > 0) test.failing.each(owed)('$name', ({ check }) => check(stage));
});
