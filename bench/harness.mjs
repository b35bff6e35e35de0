// Runs whole processes and says what they took: wall and CPU seconds of the process and its children, peak anonymous memory.
// Variants alternate (A B A B ...), so that a machine that slows down or warms up does so for all of them.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const POLL_MS = 20;
const TIME_COMMAND = '/usr/bin/time';

/**
 * @typedef {{ wallSeconds: number, cpuSeconds?: number, peakAnonBytes: number, exitCode: number | null, stdout: string, stderr: string, stopped: boolean }} Run
 * @typedef {{ name: string, command: string, args: string[], before?: () => void, runs?: number, limitSeconds?: number }} Variant
 *   `before` is not timed
 */

/**
 * One process from start to exit; it is killed, and `stopped`, when it takes longer than the limit.
 * @returns {Promise<Run>}
 */
export async function runProcess(command, args, limitSeconds = Number.POSITIVE_INFINITY) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const timeFile = join(folder, 'time');
  const timed = existsSync(TIME_COMMAND);
  const start_ms = performance.now();
  const child = timed
    ? spawn(TIME_COMMAND, ['-q', '-f', '%U %S', '-o', timeFile, command, ...args], { detached: true })
    : spawn(command, args, { detached: true });
  let stopped = false;
  // The whole group: `time` does not pass a signal on.
  const stop = () => process.kill(-child.pid, 'SIGKILL');
  const limit = Number.isFinite(limitSeconds)
    ? setTimeout(() => {
        stopped = true;
        stop();
      }, limitSeconds * 1e3)
    : undefined;
  let peakAnonBytes = 0;
  const poll = setInterval(() => {
    peakAnonBytes = Math.max(peakAnonBytes, anonBytesOfTree(child.pid));
  }, POLL_MS);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  try {
    const exitCode = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    const wallSeconds = (performance.now() - start_ms) / 1e3;
    const cpuSeconds =
      timed && !stopped ? sum(readFileSync(timeFile, 'utf8').trim().split(/\s+/).map(Number)) : undefined;
    return { wallSeconds, cpuSeconds, peakAnonBytes, exitCode, stdout, stderr, stopped };
  } finally {
    clearInterval(poll);
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Each variant `runs` times (or its own number), in turn. One that fails, or is stopped, is not run again.
 * @param {Variant[]} variants
 * @returns {Promise<Map<string, Run[]>>}
 */
export async function alternate(variants, runs, onRun = () => {}) {
  const results = new Map(variants.map(({ name }) => [name, []]));
  const isDone = ({ name, runs: own = runs }) => {
    const last = results.get(name).at(-1);
    if (last === undefined) return false;
    return results.get(name).length >= own || last.exitCode !== 0;
  };
  for (let round = 0; round < Math.max(...variants.map(({ runs: own = runs }) => own)); round++) {
    for (const variant of variants.filter((variant) => !isDone(variant))) {
      variant.before?.();
      // What the process before left for the system to write would be written during this one, which may wait for the disk.
      spawnSync('sync');
      const run = await runProcess(variant.command, variant.args, variant.limitSeconds);
      results.get(variant.name).push(run);
      onRun(variant, run, round);
    }
  }
  return results;
}

/**
 * Runs a script of this folder as a process of its own, with a task in JSON, and returns what it reports in JSON.
 * @param {string} script @param {object} task @param {string[]} nodeOptions
 */
export async function reported(script, task, nodeOptions = []) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const run = await runProcess(process.execPath, [...nodeOptions, path, JSON.stringify(task)]);
  const report = reportOf(run);
  if (run.exitCode === 0 && report !== undefined) return report;
  throw new Error(`${script} ended with ${run.exitCode}: ${run.stderr || run.stdout}`);
}

export function summary(values) {
  const sorted = values.filter((value) => value !== undefined).sort((one, other) => one - other);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** The last line of the output that is a JSON object. */
export function reportOf({ stdout }) {
  const text = stdout.trim();
  for (const candidate of [text, text.slice(text.lastIndexOf('\n') + 1)]) {
    try {
      return JSON.parse(candidate);
    } catch {}
  }
  return undefined;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function anonBytesOfTree(pid) {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [0, 0];
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return Number(kilobytes) * 1024 + sum(children.map(anonBytesOfTree));
  } catch {
    return 0; // It has just ended.
  }
}
