import { afterAll, afterEach, beforeAll, describe, test } from '@jest/globals';
import { type RunningApp, startApp } from '../support/running-app.js';
import type { Case } from './cells.js';
import { COLUMNS, MATRIX } from './matrix.js';
import { type Order, ORDERS, Scene } from './scene.js';

/** A test for each cell of the table, each way to see it, and each order in which sockets and block come. */

let app: RunningApp;
/** Where the grace period does not end. */
let patient: RunningApp;
let scene: Scene;
beforeAll(async () => {
  [app, patient] = await Promise.all([startApp(), startApp({ PRESENCE_GRACE_MS: '600000' })]);
});
afterEach(() => scene.leaves());
afterAll(() => Promise.all([app.stop(), patient.stop()]));

const columns = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];
const everyOrder = Object.keys(ORDERS) as Order[];

/** Each case once for each order in which it makes sense. */
function inOrders(cases: Case[]) {
  return cases.flatMap((one) =>
    (one.orders ?? everyOrder).map((order) => ({ ...one, order, where: ORDERS[order] })),
  );
}

async function run({ check, order, isWithinGrace }: ReturnType<typeof inOrders>[number]): Promise<void> {
  scene = await Scene.begin((isWithinGrace ? patient : app).url, order);
  await check(scene);
}

describe.each(MATRIX)('$threat: $what', (row) => {
  const cells = columns.map((column) => ({ title: COLUMNS[column], ...row[column] }));
  describe.each(cells)('$title: $says', ({ cases }) => {
    const owed = cases.filter(({ isOwed }) => isOwed);
    test.each(inOrders(cases.filter((one) => !owed.includes(one))))('$name, $where', run);
    if (owed.length > 0) test.failing.each(inOrders(owed))('$name, $where', run);
  });
});
