// Question: how long from a JSON file on disk to a store that answers by key, against what people use instead?
// Data: datasets/, each kind as NDJSON and as one array on one line. Method: each contender is a whole process, start to
// exit, with the source in the page cache; `zstd -1` of the same file in the same rounds is the yardstick of the machine.

import { statSync } from 'node:fs';
import { atLeast, atMost, BARS } from './bars.mjs';
import { contest } from './contest.mjs';
import { megabytes, rounded } from './report.mjs';
import { countLines, randomOrdinals } from './setup.mjs';

const LOOKUPS = 500;
const HEADERS = [
  ...['contender', 'MB/s', 'wall s', 'min–max s', 'runs', 'gristmill is × faster', 'wall ÷ zstd -1'],
  ...['CPU s', 'peak anon MB', 'stored MB', 'lookup µs', 'records'],
];

export const question =
  'How long from a JSON file to a store that answers by key? Whole processes, source in the page cache, median of the runs.';
export const method =
  'Contenders alternate. "gristmill is × faster" compares wall times with the row; "lookup" is the median of 500 keys, one at a ' +
  'time, in a fresh process, `JSON.parse` of the record included. `json-parse` and `zstd` store nothing to look up.';

export async function run({ bytes, names, forms, datasets, ...options }) {
  const results = [];
  for (const dataset of names) {
    // Every form holds the same records, so the lines of one count them for all.
    const recordsExpected = await countLines(datasets.file({ name: dataset, bytes, form: 'ndjson' }));
    const keys = randomOrdinals(LOOKUPS, recordsExpected).map((ordinal) => datasets.keyAt(dataset, ordinal));
    for (const form of forms) {
      const source = datasets.file({ name: dataset, bytes, form });
      const about = { dataset, form, sourceBytes: statSync(source).size, recordsExpected };
      results.push({ ...about, contenders: await contest({ ...options, ...about, source, keys }) });
    }
  }
  return {
    tables: results.map(tableOf),
    bars: results.flatMap(barsOf),
    headlines: results.flatMap(headlinesOf),
    notes: ['A rival that takes more than 30 s is stopped.'],
    results,
  };
}

const ranAs = ({ contenders }, name) => contenders.find((result) => result.name === name && !result.failed);

/** Of those that are no yardstick, the one with the shortest wall time. */
function fastestRival({ contenders }, { withLookup }) {
  const rivals = contenders.filter(({ name, failed }) => !failed && name !== 'gristmill' && name !== 'zstd');
  const fit = rivals.filter(({ lookupMicros }) => lookupMicros || !withLookup);
  return fit.sort((one, other) => one.wallSeconds.median - other.wallSeconds.median)[0];
}

function barsOf(result) {
  const { dataset, form } = result;
  const ours = ranAs(result, 'gristmill');
  if (!ours) return [];
  const bar = BARS.import[dataset];
  const wall = ours.wallSeconds.median;
  // The bar of flat records says so; the stricter one of the others counts `JSON.parse` alone as a rival too.
  const rival = fastestRival(result, { withLookup: dataset === 'flat' });
  const zstd = ranAs(result, 'zstd');
  const what = `import, ${dataset}, ${form}`;
  return [
    rival &&
      atLeast(`${what}: speed of the fastest rival`, bar.ofRival, rival.wallSeconds.median / wall, '×', rival.name),
    zstd && atMost(`${what}: wall ÷ \`zstd -1\``, bar.ofZstd, wall / zstd.wallSeconds.median, '×'),
  ].filter(Boolean);
}

function headlinesOf(result) {
  const ours = ranAs(result, 'gristmill');
  const rival = fastestRival(result, { withLookup: true });
  if (!ours || !rival) return [];
  const speed = ({ megabytesPerSecond }) => `${rounded(megabytesPerSecond)} MB/s`;
  return [[`import ${result.dataset}, ${result.form}`, speed(ours), `${rival.name} ${speed(rival)}`]];
}

/** The fastest first. */
function tableOf(result) {
  const { dataset, form, sourceBytes, recordsExpected, contenders } = result;
  const ours = ranAs(result, 'gristmill')?.wallSeconds.median;
  const zstd = ranAs(result, 'zstd')?.wallSeconds.median;
  const order = ({ megabytesPerSecond = 0 }) => -megabytesPerSecond;
  const rows = contenders.toSorted((one, other) => order(one) - order(other)).map((row) => rowOf(row, ours, zstd));
  const title = `${dataset}, ${form}: ${megabytes(sourceBytes)} MB, ${recordsExpected} records`;
  return { title, headers: HEADERS, rows };
}

function rowOf(result, ours, zstd) {
  const { name, wallSeconds, failed, runs } = result;
  if (failed)
    return [
      name,
      failed.startsWith('stopped') ? failed : `failed: ${failed}`,
      ...HEADERS.slice(2).map(() => undefined),
    ];
  return [
    ...[name, rounded(result.megabytesPerSecond), rounded(wallSeconds.median)],
    ...[`${rounded(wallSeconds.min)}–${rounded(wallSeconds.max)}`, runs],
    ...[ours && rounded(wallSeconds.median / ours), zstd && rounded(wallSeconds.median / zstd)],
    ...[rounded(result.cpuSeconds?.median), megabytes(result.peakAnonBytes)],
    ...[result.bytesStored && megabytes(result.bytesStored), rounded(result.lookupMicros?.median)],
    result.keys && `${result.keys}${result.recordsRight ? '' : ' (WRONG)'}`,
  ];
}
