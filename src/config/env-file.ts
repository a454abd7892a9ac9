import { parseEnv } from 'node:util';

/** What may follow a quoted value, and all there is on a line that sets nothing. */
const REST = /[ \t]*(?:#.*)?(?:\r?\n|$)/y;

const NAME = /[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*/y;

/** Over several lines too. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/y;

const BARE = /(?!["'`]).*(?:\r?\n|$)/y;

/**
 * The variables of a `.env` file. Node's own parser passes over what it does not understand; a setting that is
 * silently not set is worse than none.
 *
 * @throws Error naming the line
 */
export function parseEnvFile(content: string): Record<string, string | undefined> {
  const text = content.replace(/^\uFEFF/, '');
  for (let at = 0; at < text.length;) {
    const end = endOfEntry(text, at);
    if (end === undefined) {
      throw new Error(`line ${text.slice(0, at).split('\n').length} is not a NAME=value`);
    }
    at = end;
  }
  return parseEnv(text);
}

/** Where a line without a setting, or a name and its value, ends; `undefined` if it is neither. */
function endOfEntry(text: string, start: number): number | undefined {
  const empty = after(REST, text, start);
  if (empty !== undefined) return empty;
  const value = after(NAME, text, start);
  if (value === undefined) return undefined;
  const quoted = after(QUOTED, text, value);
  return quoted === undefined ? after(BARE, text, value) : after(REST, text, quoted);
}

/** Where the match that begins at `start` ends, if there is one. */
function after(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
