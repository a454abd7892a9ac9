import { parseEnv } from 'node:util';

/** Blank, a comment, or a name and its value: bare on one line, or quoted, then over several lines too. */
const ENTRY =
  /[ \t]*(?:#.*|(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*(?:(?:"[^"]*"|'[^']*'|`[^`]*`)[ \t]*(?:#.*)?|(?!["'`]).*))?(?:\r?\n|$)/y;

/**
 * The variables of a `.env` file. Node's own parser passes over what it does not understand; a setting that is
 * silently not set is worse than none.
 *
 * @throws Error naming the line
 */
export function parseEnvFile(content: string): Record<string, string | undefined> {
  const text = content.replace(/^\uFEFF/, '');
  ENTRY.lastIndex = 0;
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at;
    if (!ENTRY.test(text)) {
      throw new Error(`line ${text.slice(0, at).split('\n').length} is not a NAME=value`);
    }
  }
  return parseEnv(text);
}
