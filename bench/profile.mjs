// Where the time goes, by thread: runs a command of gristmill, or any script, under V8's profiler and prints the functions
// with the most time of their own. Used where a bar is not met.
//
//   node bench/profile.mjs import big.ndjson --store /tmp/store --key id
//   node bench/profile.mjs bench/lookup-loop.mjs flat random

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const FUNCTIONS = 25;
const SHARE_MIN = 0.005;
const INTERVAL_US = 200;
/** A thread that waits: V8's own name for it, and piscina's loop between two tasks. */
const WAITING = /^\(idle\)$|^atomicsWaitLoop /;

const [first, ...rest] = process.argv.slice(2);
if (first === undefined) throw new TypeError('say what to profile: a command of gristmill, or a script');
const args = /\.m?js$/.test(first) ? [first, ...rest] : [CLI, first, ...rest];
const folder = mkdtempSync(join(tmpdir(), 'gristmill-profile-'));
try {
  const options = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_US}`];
  const { status } = spawnSync(process.execPath, [...options, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
  for (const file of readdirSync(folder).sort())
    printThread(file, JSON.parse(readFileSync(join(folder, file), 'utf8')));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} file `CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile` @param {any} profile of V8 */
function printThread(file, { nodes, samples, timeDeltas }) {
  const self_us = new Map();
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  let busy_us = 0;
  let total_us = 0;
  samples.forEach((id, i) => {
    const name = nameOf(nodeOf.get(id).callFrame);
    // The sample is of the time that follows it.
    const delta_us = timeDeltas[i + 1] ?? 0;
    total_us += delta_us;
    if (WAITING.test(name)) return;
    busy_us += delta_us;
    self_us.set(name, (self_us.get(name) ?? 0) + delta_us);
  });
  console.log(
    `\nthread ${file.split('.')[4]}: ${(busy_us / 1e6).toFixed(2)} s busy of ${(total_us / 1e6).toFixed(2)} s`,
  );
  const byTime = [...self_us].filter(([, us]) => us > busy_us * SHARE_MIN);
  for (const [name, us] of byTime.sort((one, other) => other[1] - one[1]).slice(0, FUNCTIONS)) {
    console.log(`${((100 * us) / busy_us).toFixed(1).padStart(6)} %  ${(us / 1e6).toFixed(3).padStart(8)} s  ${name}`);
  }
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url ? `  ${basename(url)}:${lineNumber + 1}` : '';
  return `${functionName || '(anonymous)'}${place}`;
}
