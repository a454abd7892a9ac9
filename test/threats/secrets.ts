/** Something in a file that looks like a secret. */
export interface Finding {
  rule: string;
  /** Counted from 1. */
  line: number;
  text: string;
}

const RULES: Record<string, RegExp> = {
  'private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY/g,
  'JSON web token': /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}/g,
  'key of a known service':
    /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|github_pat_\w{22,255}|glpat-[\w-]{20}|npm_\w{36}|xox[abprs]-[\w-]{10,250}|AIza[\w-]{35}|[sr]k_live_\w{20,99}|SG\.[\w-]{22}\.[\w-]{43})/g,
  'address with a password': /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@'"`$<{]{1,99}:[^\s:/@'"`$<{]{1,99}@/g,
};

/** A name that promises a secret, and the text it is given. */
const ASSIGNMENT =
  /(?:secret|passw(?:or)?d|passphrase|token|credential|api_?key|private_?key|access_?key)\w{0,40}['"`]?\s{0,9}[:=]\s{0,9}['"`]?([\w+/=.~-]{20,500})(?=['"`\s,;)]|$)/gi;

/** Bits a character; English words have about 3.5, random base64 of this length more than 4. */
const RANDOM = 3.9;

/** All that looks like a secret in the text of a file. */
export function secretsIn(text: string): Finding[] {
  const found = Object.entries(RULES).flatMap(([rule, regex]) =>
    [...text.matchAll(regex)].map((match) => findingOf(rule, text, match.index, match[0])),
  );
  const assigned = [...text.matchAll(ASSIGNMENT)]
    .filter(([, value = '']) => isRandom(value))
    .map((match) => findingOf('random text', text, match.index, match[0]));
  return [...found, ...assigned];
}

function findingOf(rule: string, text: string, index: number, match: string): Finding {
  return { rule, line: text.slice(0, index).split('\n').length, text: match };
}

function isRandom(value: string): boolean {
  return /\d/.test(value) && /[a-z]/i.test(value) && entropyOf(value) > RANDOM;
}

/** Shannon's, in bits a character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / value.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
