// Question: what does an index cost that is made from the stored records, next to one that the import makes?
// Data: flat as NDJSON, 3.3 million records at the full size, index `name`. Method: turns, each in two processes of its
// own (index-add-turn.mjs). The import's index costs the difference between two imports. CPU seconds of all threads, since other
// processes may be on the cores too; and the wall. What is left when nothing but reading remains is measured as well: all shards
// decompressed and scanned once, which an import does for its records anyway.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { reported, summary } from './harness.mjs';
import { rounded } from './report.mjs';

const ROUNDS = 7;
const QUICK_ROUNDS = 3;
const WHAT = {
  imported: 'import without the index',
  indexed: 'import with it',
  added: '`createIndex` afterwards',
  read: 'of that, at least: shards decompressed and scanned, one thread',
};

export const question = 'What does an index cost that is made later, next to one that an import makes?';
export const method =
  'An import without the index and the index afterwards, then an import with it, in turns, each in a new process; medians ' +
  '(smallest to largest). The index of an import costs the difference between the two.';

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'index-add-'));
  const source = datasets.file({ name: 'flat', bytes, form: 'ndjson' });
  const task = { source, directory: join(folder, 'store'), key: datasets.key('flat'), path: 'name' };
  const turns = [];
  try {
    for (let i = 0; i < (quick ? QUICK_ROUNDS : ROUNDS); i++) {
      const [one, other] = [
        await reported('index-add-turn.mjs', { ...task, later: true }),
        await reported('index-add-turn.mjs', task),
      ];
      turns.push({ ...one, ...other });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (what, of) => summary(turns.map((turn) => turn[what][of]));
  const range = ({ median, min, max }) => `${rounded(median)} (${rounded(min)} to ${rounded(max)})`;
  const rows = Object.entries(WHAT).map(([what, text]) => [
    text,
    range(seconds(what, 'cpuSeconds')),
    range(seconds(what, 'wallSeconds')),
  ]);
  const ratio = (of) => {
    const [imported, indexed, added] = ['imported', 'indexed', 'added'].map((what) => seconds(what, of).median);
    return added / (indexed - imported);
  };
  return {
    tables: [{ title: 'flat, index `name`', headers: ['what', 'CPU s', 'wall s'], rows }],
    bars: [
      ['CPU', 'cpuSeconds'],
      ['wall', 'wallSeconds'],
    ].map(([name, of]) =>
      atMost(`index added later ÷ difference of the imports, ${name}`, BARS.indexOfDifference, ratio(of), '×'),
    ),
    results: turns,
  };
}
