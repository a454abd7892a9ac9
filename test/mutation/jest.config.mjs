import { fileURLToPath } from 'node:url';
import base from '../../jest.config.mjs';
import { STORY_FILES } from './stories.mjs';

const { coverageThreshold: _thresholds, ...shared } = base;

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The tests of the project as mutation testing runs them: only those that matter, and up to the first failure. */
export default {
  ...shared,
  rootDir: '../..',
  testMatch: [
    ...STORY_FILES.map((file) => `<rootDir>/${file}`),
    '<rootDir>/src/{messages,conversations,friends}/**/*.spec.ts',
  ],
  testEnvironment: beside('environment.mjs'),
  runner: beside('runner.mjs'),
  testRunner: beside('warm-jest-circus.mjs'),
  watchman: false,
  // What a mutant makes hang need not be waited for as long as a slow machine.
  testTimeout: 30_000,
};
