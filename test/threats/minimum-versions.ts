/**
 * The oldest versions without the flaws that are known of them: what an audit of dependencies would say, kept here
 * since the tests ask no service. Left out is what the service does not use.
 */
export const MINIMUM: Record<string, { version: string; flaws: string }> = {
  'socket.io': { version: '4.6.2', flaws: 'CVE-2020-28481, CVE-2024-38355' },
  'engine.io': { version: '6.4.2', flaws: 'CVE-2020-36048, CVE-2022-21676, CVE-2022-41940, CVE-2023-31125' },
  'socket.io-parser': {
    version: '4.2.7',
    flaws: 'CVE-2020-36049, CVE-2022-2421, CVE-2023-32695, CVE-2026-33151, CVE-2026-69185',
  },
  ws: { version: '8.21.3', flaws: 'CVE-2021-32640, CVE-2024-37890, CVE-2026-45736, CVE-2026-48779' },
  mongoose: {
    version: '9.9.2',
    flaws: 'CVE-2022-2564, CVE-2023-3696, CVE-2024-53900, CVE-2025-23061, CVE-2026-42334, CVE-2026-125120',
  },
  '@nestjs/core': { version: '11.1.19', flaws: 'CVE-2023-26108, CVE-2026-35515' },
  '@nestjs/common': { version: '11.1.19', flaws: 'CVE-2024-29409' },
  '@nestjs/platform-fastify': { version: '11.1.19', flaws: 'CVE-2025-69211, CVE-2026-2293' },
  '@fastify/middie': { version: '9.2.0', flaws: 'CVE-2026-2880' },
  'file-type': { version: '21.3.2', flaws: 'CVE-2022-36313, CVE-2026-31808, GHSA-j47w-4g3g-c36v' },
  'class-validator': { version: '0.14.0', flaws: 'CVE-2019-18413' },
  'class-transformer': { version: '0.3.1', flaws: 'CVE-2020-7637' },
  jsonwebtoken: { version: '9.0.0', flaws: 'CVE-2022-23539, CVE-2022-23540, CVE-2022-23541' },
};

/** The part of a lock file that says what is installed, by folder. */
export interface Lock {
  packages: Record<string, { version?: string }>;
}

/** Every installed copy of these packages, as `name@version`, that is older than it may be. */
export function tooOld({ packages }: Lock, minimum = MINIMUM): string[] {
  return copiesOf(packages)
    .filter(({ name, version }) => isBefore(version, minimum[name]?.version ?? '0.0.0'))
    .map(({ name, version }) => `${name}@${version}`);
}

/** The packages that are not installed at all. */
export function missing({ packages }: Lock, minimum = MINIMUM): string[] {
  const names = new Set(copiesOf(packages).map(({ name }) => name));
  return Object.keys(minimum).filter((name) => !names.has(name));
}

function copiesOf(packages: Lock['packages']): { name: string; version: string }[] {
  return Object.entries(packages).map(([folder, { version = '0.0.0' }]) => ({
    name: folder.split('node_modules/').at(-1) ?? '',
    version,
  }));
}

/** Semantic Versioning 2.0.0, 11: numbers first; a pre-release comes before its release. */
function isBefore(version: string, minimum: string): boolean {
  const [mine, wanted] = [numbersOf(version), numbersOf(minimum)];
  const differing = wanted.findIndex((number, index) => number !== mine[index]);
  if (differing < 0) return version.includes('-');
  return (mine[differing] ?? 0) < (wanted[differing] ?? 0);
}

function numbersOf(version: string): number[] {
  return version
    .replace(/[-+].*/s, '')
    .split('.')
    .map(Number);
}
