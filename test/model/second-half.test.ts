import { test } from '@jest/globals';
import { compare, IS_REPLAY, PATIENCE } from './comparison.js';

/** Two files, so that two workers run them; a failure that is run again is the first one's. */
(IS_REPLAY ? test.skip : test)(
  'whatever people do, everybody has exactly what the model says',
  () => compare(1),
  PATIENCE,
);
