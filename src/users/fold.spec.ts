import { describe, expect, test } from '@jest/globals';
import { foldEmail, foldName } from './fold.js';

describe('folding', () => {
  test('names forget case and compatibility forms, not blanks', () => {
    expect(foldName('Ａｎｎ Ｌee')).toBe('ann lee');
    expect(foldName('ﬁona')).toBe('fiona');
    expect(foldName(' Ann')).toBe(' ann');
    expect(foldName('E\u0301lodie')).toBe(foldName('\u00c9lodie'));
  });

  test('e-mail addresses forget case only', () => {
    expect(foldEmail('Ann.Lee+x@Example.ORG')).toBe('ann.lee+x@example.org');
    expect(foldEmail('jose\u0301@example.org')).toBe(foldEmail('jos\u00e9@example.org'));
    expect(foldEmail('ａnn@example.org')).not.toBe('ann@example.org');
  });
});
