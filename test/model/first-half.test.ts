import { test } from '@jest/globals';
import { compare, PATIENCE } from './comparison.js';

test('whatever people do, everybody has exactly what the model says', () => compare(0), PATIENCE);
