// Question: does one giant array on a single line, which nothing says how to split, take longer than the same records as NDJSON?
// Data: each kind of datasets/, the same records in both forms. Method: whole imports by the command line, in turns, source
// in the page cache. The ratio is that of each pair of neighbouring runs, and its median is compared with the bar.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, BARS } from './bars.mjs';
import { gristmillImport } from './contenders.mjs';
import { reasonOf } from './contest.mjs';
import { alternate, reportOf, summary } from './harness.mjs';
import { rounded } from './report.mjs';
import { warm } from './setup.mjs';

const PAIRS_MIN = 5;
const FORMS = ['ndjson', 'array'];
const HEADERS = ['data', 'NDJSON s', 'min–max s', 'array s', 'min–max s', 'array ÷ NDJSON', 'spans', 'redone'];

export const question = 'Does one array on a single line take longer to import than the same records as NDJSON?';
export const method =
  'Whole imports, in turns; the ratio is the median of the ratios of neighbouring runs. `redone` are spans whose guessed first ' +
  'boundary was wrong.';

export async function run({ bytes, names, runs, datasets, scratch }) {
  const results = [];
  for (const name of names) results.push(await compare({ name, bytes, runs, datasets, scratch }));
  return {
    tables: [{ title: 'wall time of an import', headers: HEADERS, rows: results.map(rowOf) }],
    bars: results.map(({ name, ratio }) =>
      atMost(`one array on a line, ${name}: wall ÷ NDJSON`, BARS.arrayOfLines, ratio.median, '×'),
    ),
    results,
  };
}

async function compare({ name, bytes, runs, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'array-'));
  try {
    const variants = [];
    for (const form of FORMS) {
      const source = datasets.file({ name, bytes, form });
      await warm(source);
      const out = join(folder, form);
      const before = () => rmSync(out, { recursive: true, force: true });
      variants.push({ ...gristmillImport(source, out, '--key', datasets.key(name)), name: form, before });
    }
    const runsOf = await alternate(variants, Math.max(PAIRS_MIN, runs));
    const [lines, array] = FORMS.map((form) => runsOf.get(form));
    const failed = [...lines, ...array].find(({ exitCode }) => exitCode !== 0);
    if (failed) throw new Error(`import of ${name}: ${reasonOf(failed)}`);
    return {
      name,
      wallSeconds: { ndjson: wallOf(lines), array: wallOf(array) },
      ratio: summary(array.map(({ wallSeconds }, i) => wallSeconds / lines[i].wallSeconds)),
      spans: reportOf(array.at(-1)).spans,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wallOf = (runs) => summary(runs.map(({ wallSeconds }) => wallSeconds));

function rowOf({ name, wallSeconds, ratio, spans }) {
  const cells = FORMS.flatMap((form) => {
    const { median, min, max } = wallSeconds[form];
    return [rounded(median), `${rounded(min)}–${rounded(max)}`];
  });
  return [name, ...cells, rounded(ratio.median), spans.total, spans.redone];
}
