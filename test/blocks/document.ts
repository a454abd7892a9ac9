import type { Row } from './cells.js';
import type { Giveaway } from './giveaways.js';
import { COLUMNS } from './matrix.js';
import { ORDERS } from './scene.js';

const columns = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/** The page for people, made from the tables that the tests are made from. */
export function pageOf(rows: Row[], giveaways: Giveaway[]): string {
  const owed = owedBy(rows, giveaways);
  return [
    '# Blocks',
    '',
    'A block is one-sided, works at once on every device, and cannot be noticed by the blocked person. B has blocked A:',
    '',
    ...table(
      ['what', ...Object.values(COLUMNS)],
      rows.map((row) => [row.what, ...columns.map((column) => row[column].says)]),
    ),
    '',
    `Each cell is tried ${Object.values(ORDERS).join(', and ')}, over HTTP and socket where there are both. "Events" are`,
    'those on all devices of the person.',
    '',
    '## What could give it away',
    '',
    ...table(
      ['A could notice it by', 'why not'],
      giveaways.map(({ by, says }) => [by, says]),
    ),
    '',
    'The first three are one story told twice: of two people where one blocks the other, and of two where nobody blocks',
    'anybody.',
    '',
    ...(owed.length > 0 ? ['## Promised, and not kept yet', '', ...owed.map((name) => `- ${name}`), ''] : []),
    'Made from `test/blocks/` by `test/blocks/document.test.ts`.',
    '',
  ].join('\n');
}

function owedBy(rows: Row[], giveaways: Giveaway[]): string[] {
  const ofRows = rows.flatMap((row) =>
    columns.flatMap((column) => row[column].cases.map((one) => ({ ...one, of: row.what }))),
  );
  const ofGiveaways = giveaways.flatMap(({ by, cases }) => cases.map((one) => ({ ...one, of: by })));
  return [...ofRows, ...ofGiveaways].filter(({ isOwed }) => isOwed).map(({ of, name }) => `${of}: ${name}`);
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
