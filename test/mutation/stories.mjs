/** The stories that must notice a change of the code, by the file that is changed; the first that fits counts. */
const STORIES = [
  [/repository/, ['repositories', 'history', 'inbox', 'metadata', 'sync']],
  [/messages\/typing/, ['typing', 'specification']],
  [/messages\/(receipt|history)/, ['receipts', 'history', 'specification', 'inbox', 'sync']],
  [
    /messages\//,
    ['sending', 'history', 'receipts', 'specification', 'faults/two-writers', 'faults/unknown-outcome'],
  ],
  [/conversations\//, ['metadata', 'sending', 'presence', 'friends', 'inbox']],
  [/friends\//, ['friends', 'presence', 'metadata']],
].map(([code, names]) => [code, names.map((name) => `test/${name}.test.ts`)]);

/** Tests that wait for a deadline or storm; specs with a clock and a store of their own show the same in no time. */
export const SLOW = new RegExp(
  [
    '^When (the database hangs|the last number cannot be read in time)',
    '8 senders in one conversation',
    'equals counting in the history, at every moment',
    'whatever 50 pairs do',
    'both sides of a conversation storming',
  ].join('|'),
);

export const STORY_FILES = [...new Set(STORIES.flatMap(([, files]) => files))];

/** The stories for this file, all of them where none is named. */
export function storiesOf(code) {
  return STORIES.find(([matches]) => matches.test(code))?.[1] ?? STORY_FILES;
}
