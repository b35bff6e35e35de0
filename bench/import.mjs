// Question: how long from a JSON file on disk to a store that answers by key, against what people use instead?
// Data: datasets/, each kind as NDJSON and as one array on one line. Each contender is a whole process, start to exit,
// with the source in the page cache; `zstd -1` of the same file in the same round is the yardstick of the machine.

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contender, storedBytes } from './contenders.mjs';
import { alternate, reportOf, runProcess, summary } from './harness.mjs';
import { megabytes, rounded } from './report.mjs';

export const HEADERS = [
  'contender',
  'MB/s',
  'wall s',
  'min–max s',
  'CPU s',
  'peak anon MB',
  'stored MB',
  'of zstd -1',
  'lookup µs',
  'records',
];

/** One kind of data in one form: every contender `runs` times, then its keys counted and some looked up. */
export async function compareImports({
  dataset,
  form,
  source,
  sourceBytes,
  recordsExpected,
  keys,
  names,
  runs,
  scratch,
}) {
  const folder = mkdtempSync(join(scratch, 'import-'));
  try {
    const keysFile = join(folder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(keys));
    const variants = names.map((name) => {
      const out = join(folder, name);
      const before = () => rmSync(out, { recursive: true, force: true });
      return { ...contender(name, { dataset, form, source, out }), out, before };
    });
    await warm(source);
    const runsOf = await alternate(variants, runs, ({ name }, run) => {
      console.error(`${dataset} ${form} ${name}: ${rounded(run.wallSeconds)} s`);
    });
    const results = [];
    for (const variant of variants) {
      const result = resultOf(variant, runsOf.get(variant.name), sourceBytes);
      if (variant.countArgs && !result.failed) Object.assign(result, await checked(variant, keysFile));
      result.recordsRight = result.keys === undefined ? undefined : result.keys === recordsExpected;
      results.push(result);
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Brings the source into the page cache: the first contender is not to pay for the disk. */
async function warm(source) {
  for await (const _ of createReadStream(source, { highWaterMark: 2 ** 22 }));
}

function resultOf({ name, out }, runs, sourceBytes) {
  const broken = runs.find((run) => run.exitCode !== 0);
  if (broken) return { name, failed: reasonOf(broken) };
  const report = reportOf(runs.at(-1));
  if (report?.notApplicable) return { name, failed: report.notApplicable };
  const wallSeconds = summary(runs.map((run) => run.wallSeconds));
  return {
    name,
    wallSeconds,
    cpuSeconds: summary(runs.map((run) => run.cpuSeconds)),
    megabytesPerSecond: sourceBytes / 1e6 / wallSeconds.median,
    peakAnonBytes: Math.max(...runs.map((run) => run.peakAnonBytes)),
    bytesStored: report?.bytesStored ?? storedBytes(out),
    keys: report?.records?.stored,
    report,
  };
}

/** The line that says what went wrong, out of a stack trace. */
function reasonOf({ stderr, exitCode }) {
  const lines = stderr.trim().split('\n');
  const telling = lines.find((line) => /^\s*[\w[\]]*(Error|error|Exception)\b/.test(line)) ?? lines[0];
  return telling?.trim().slice(0, 300) || `exit code ${exitCode}`;
}

/** In processes of their own: how many keys are there, and how long does one take? */
async function checked({ command, countArgs, getArgs }, keysFile) {
  const counted = reportOf(await runProcess(command, countArgs));
  if (counted?.notApplicable) return {};
  const looked = await runProcess(command, getArgs(keysFile));
  if (looked.exitCode !== 0) return { keys: counted?.keys, failed: `lookups: ${reasonOf(looked)}` };
  return { keys: counted?.keys, lookupMicros: reportOf(looked)?.lookupMicros };
}

/** The rows of the table, the fastest first. */
export function rowsOf(results) {
  const yardstick = results.find(({ name }) => name === 'zstd')?.wallSeconds?.median;
  const order = ({ megabytesPerSecond = 0 }) => -megabytesPerSecond;
  return [...results]
    .sort((one, other) => order(one) - order(other))
    .map((result) => {
      const { name, wallSeconds, cpuSeconds, failed } = result;
      if (failed) return [name, `failed: ${failed}`, ...HEADERS.slice(2).map(() => undefined)];
      const wrong = result.recordsRight === false ? ' (WRONG)' : '';
      return [
        name,
        rounded(result.megabytesPerSecond),
        rounded(wallSeconds.median),
        `${rounded(wallSeconds.min)}–${rounded(wallSeconds.max)}`,
        rounded(cpuSeconds?.median),
        megabytes(result.peakAnonBytes),
        result.bytesStored ? megabytes(result.bytesStored) : undefined,
        yardstick ? rounded(yardstick / wallSeconds.median) : undefined,
        result.lookupMicros ? rounded(result.lookupMicros.median) : undefined,
        result.keys === undefined ? undefined : `${result.keys}${wrong}`,
      ];
    });
}
