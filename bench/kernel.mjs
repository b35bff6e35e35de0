// Question: how fast is the kernel alone (validate every byte, find the records, resolve and encode one key), against
// JSON.parse of each line?
// Data: NDJSON of each kind, in memory. Method: one thread, in turns. The kernel is driven as a worker drives it: bytes are
// copied into its window, frames are made and dropped, entries are made and dropped unsorted. JSON.parse is measured twice:
// from bytes, as any user has them (the string of each line has to be made: this is the bar, since the kernel starts from
// the same bytes), and from strings made beforehand, which is the least it can ever take.

import { readFileSync } from 'node:fs';
import { atLeast, BARS } from './bars.mjs';
import { lineEnds, lineStrings, parseBytes, parseStrings, scanner } from './kernel-tasks.mjs';
import { inTurns } from './micro.mjs';
import { rounded } from './report.mjs';

const DATA_BYTES_MAX = 64 * 2 ** 20;
const KERNEL = 'kernel';
const FROM_BYTES = 'JSON.parse, from bytes';
const FROM_STRINGS = 'JSON.parse, from strings';
const HEADERS = ['data', KERNEL, FROM_BYTES, FROM_STRINGS, '× from bytes', '× from strings'];

export const question = 'How fast is the kernel alone, on one thread, against `JSON.parse` of each line?';
export const method =
  'NDJSON in memory; tinybench, in turns, medians. The kernel validates, finds the records, encodes one key and makes frames; ' +
  '`JSON.parse` reads the key. The bar is counted from bytes, where both begin; from strings is `JSON.parse` alone.';

export async function run({ bytes, quick, datasets, names }) {
  const results = [];
  for (const name of names) {
    const data = readFileSync(datasets.file({ name, bytes: Math.min(bytes, DATA_BYTES_MAX), form: 'ndjson' }));
    results.push({ name, bytes: data.byteLength, ...(await compare(data, datasets.key(name), quick)) });
  }
  return {
    tables: [{ title: 'MB/s on one thread', headers: HEADERS, rows: results.map(rowOf) }],
    bars: results.map(barOf),
    results,
  };
}

async function compare(data, key, quick) {
  const ends = lineEnds(data);
  const strings = lineStrings(data, ends);
  const tasks = [
    { name: KERNEL, run: scanner(data, key) },
    { name: FROM_BYTES, run: () => parseBytes(data, ends, key) },
    { name: FROM_STRINGS, run: () => parseStrings(strings, key) },
  ];
  for (const { name, run } of tasks) {
    const records = run();
    if (records !== ends.length) throw new Error(`${name} saw ${records} records of ${ends.length}`);
  }
  const taken = await inTurns(tasks, { rounds: quick ? 3 : 5, iterations: quick ? 2 : 3 });
  // Bytes in a microsecond are megabytes in a second.
  const speed = Object.fromEntries([...taken].map(([name, { median }]) => [name, data.byteLength / median]));
  return { records: ends.length, speed, micros: Object.fromEntries(taken) };
}

function rowOf({ name, speed }) {
  const [kernel, fromBytes, fromStrings] = [speed[KERNEL], speed[FROM_BYTES], speed[FROM_STRINGS]];
  return [name, ...[kernel, fromBytes, fromStrings, kernel / fromBytes, kernel / fromStrings].map(rounded)];
}

function barOf({ name, speed }) {
  const fromStrings = `${rounded(speed[KERNEL] / speed[FROM_STRINGS])} × from strings`;
  const ratio = speed[KERNEL] / speed[FROM_BYTES];
  return atLeast(`kernel, ${name}: speed of \`JSON.parse\` per line`, BARS.kernelOfParse, ratio, '×', fromStrings);
}
