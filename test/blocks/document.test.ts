import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { pageOf } from './document.js';
import { GIVEAWAYS } from './giveaways.js';
import { MATRIX } from './matrix.js';

const DOCUMENT = new URL('../../docs/blocks.md', import.meta.url);

test('docs/blocks.md says what the tests try (UPDATE_DOCS=1 writes it)', async () => {
  const page = pageOf(MATRIX, GIVEAWAYS);
  if (process.env.UPDATE_DOCS) await writeFile(DOCUMENT, page);
  expect(await readFile(DOCUMENT, 'utf8')).toBe(page);
});
