// One source, all contenders: whole processes in alternation; afterwards, outside the timing and in processes of their own,
// how many keys are really there and how long one takes to look up.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { contender, storedBytes } from './contenders.mjs';
import { alternate, reportOf, runProcess, summary } from './harness.mjs';
import { rounded } from './report.mjs';
import { warm } from './setup.mjs';

/** A rival that is not done by then, many times as slow, is stopped: how slow it is would take minutes to learn. */
const RIVAL_SECONDS_MAX = 30;

/**
 * @typedef {{ dataset: string, form: string, source: string, sourceBytes: number, recordsExpected: number, keys: string[],
 *   contenders: string[], runs: number, rivalRuns: number, scratch: string }} Contest `keys` are looked up
 * @param {Contest} contest
 */
export async function contest({ dataset, form, source, sourceBytes, recordsExpected, keys, contenders, ...options }) {
  const { runs, rivalRuns, scratch } = options;
  const folder = mkdtempSync(join(scratch, 'import-'));
  try {
    const keysFile = join(folder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(keys));
    const variants = contenders.map((name) => {
      const out = join(folder, name);
      const before = () => rmSync(out, { recursive: true, force: true });
      const amount =
        name === 'gristmill' || name === 'zstd' ? { runs } : { runs: rivalRuns, limitSeconds: RIVAL_SECONDS_MAX };
      return { ...contender(name, { dataset, form, source, out }), ...amount, out, before };
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

function resultOf({ name, out }, runs, sourceBytes) {
  if (runs.some((run) => run.stopped)) return { name, failed: `stopped after ${RIVAL_SECONDS_MAX} s` };
  const broken = runs.find((run) => run.exitCode !== 0);
  if (broken) return { name, failed: reasonOf(broken) };
  const report = reportOf(runs.at(-1));
  if (report?.notApplicable) return { name, failed: report.notApplicable };
  const wallSeconds = summary(runs.map((run) => run.wallSeconds));
  return {
    name,
    runs: runs.length,
    wallSeconds,
    cpuSeconds: summary(runs.map((run) => run.cpuSeconds)),
    megabytesPerSecond: sourceBytes / 1e6 / wallSeconds.median,
    peakAnonBytes: Math.max(...runs.map((run) => run.peakAnonBytes)),
    bytesStored: report?.bytesStored ?? storedBytes(out),
    // Where the data lay says nothing to whoever reads the results.
    report: report?.sources ? { ...report, sources: report.sources.map((path) => basename(path)) } : report,
  };
}

/** The line that says what went wrong, out of a stack trace. */
export function reasonOf({ stderr, exitCode }) {
  const lines = stderr.trim().split('\n');
  const telling = lines.find((line) => /^\s*[\w[\]]*(Error|error|Exception)\b/.test(line)) ?? lines[0];
  return telling?.trim().slice(0, 300) || `exit code ${exitCode}`;
}

async function checked({ command, countArgs, getArgs }, keysFile) {
  const counted = reportOf(await runProcess(command, countArgs));
  if (counted?.notApplicable) return {};
  const looked = await runProcess(command, getArgs(keysFile));
  if (looked.exitCode !== 0) return { keys: counted?.keys, failed: `lookups: ${reasonOf(looked)}` };
  return { keys: counted?.keys, lookupMicros: reportOf(looked)?.lookupMicros };
}
