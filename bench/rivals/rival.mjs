// What all rivals share: the command line, the clock, the one JSON line a run prints.
//
//   node bench/rivals/<name>.mjs import <source> --form ndjson|array --key id --key-type integer|string --out <dir>
//   node bench/rivals/<name>.mjs count --key id --key-type integer|string --out <dir>
//   node bench/rivals/<name>.mjs get --key id --key-type integer|string --out <dir> --keys <file.json>
//
// A rival gives `load` (fill <dir> from the source) and, when it stores anything, `open` (answer from <dir>).
// `count` is the check: how many different keys are really there, asked in a process of its own, outside the timing.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * @typedef {{ source: string, form: 'ndjson' | 'array', key: string, keyType: 'integer' | 'string', out: string }} Task
 * @typedef {{ get(key: string): unknown, count(): unknown, close(): unknown }} Stored `get` gives the record as text, or as an object
 * @typedef {{ load(task: Task): Promise<{ records: number, bytesStored?: number }>, open?(task: Task): Promise<Stored> }} Rival
 */

/** @param {Rival} rival */
export async function runRival(rival) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      form: { type: 'string', default: 'ndjson' },
      key: { type: 'string', default: 'id' },
      'key-type': { type: 'string', default: 'string' },
      out: { type: 'string' },
      keys: { type: 'string' },
    },
  });
  const [command, source] = positionals;
  const task = { source, form: values.form, key: values.key, keyType: values['key-type'], out: values.out };
  try {
    if (command === 'import') print(await timeLoad(rival, task));
    else if (command === 'count') print(await countKeys(rival, task));
    else if (command === 'get') print(await timeLookups(rival, task, JSON.parse(readFileSync(values.keys, 'utf8'))));
    else throw new TypeError('say import <source>, count or get');
  } catch (error) {
    if (!(error instanceof NotApplicable)) throw error;
    print({ notApplicable: error.message });
  }
}

/** Thrown by a rival that cannot do this task at all: a result, not a failure of the bench. */
export class NotApplicable extends Error {}

async function timeLoad(rival, task) {
  mkdirSync(task.out, { recursive: true });
  const start_ms = performance.now();
  const loaded = await rival.load(task);
  const seconds = (performance.now() - start_ms) / 1e3;
  return { seconds, bytesStored: folderBytes(task.out), peakRssBytes: peakRssBytes(), ...loaded };
}

async function countKeys(rival, task) {
  if (!rival.open) throw new NotApplicable('it stores nothing to count');
  const stored = await rival.open(task);
  const keys = Number(await stored.count());
  await stored.close();
  return { keys };
}

async function timeLookups(rival, task, keys) {
  if (!rival.open) throw new NotApplicable('it stores nothing to look up');
  const stored = await rival.open(task);
  const taken_us = [];
  for (const key of keys) {
    const start_ms = performance.now();
    const found = await stored.get(key);
    const record = typeof found === 'string' ? JSON.parse(found) : found;
    taken_us.push((performance.now() - start_ms) * 1e3);
    // JSON.parse rounds integers beyond 2^53, so a text is searched for the key as it is spelled.
    const right = typeof found === 'string' ? found.includes(key) : String(record?.[task.key]) === key;
    if (!right) throw new Error(`looked up ${key} and got ${String(found).slice(0, 200)}`);
  }
  await stored.close();
  taken_us.sort((one, other) => one - other);
  const at = (share) => taken_us[Math.min(taken_us.length - 1, Math.floor(taken_us.length * share))];
  return { lookups: keys.length, lookupMicros: { median: at(0.5), p99: at(0.99) }, peakRssBytes: peakRssBytes() };
}

function print(result) {
  console.log(JSON.stringify(result));
}

function folderBytes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath ?? file.path, file.name)).size, 0);
}

function peakRssBytes() {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kilobytes) * 1024;
}

/** The value at a path like `user.id`. */
export function valueAt(record, path) {
  return path.split('.').reduce((value, member) => value?.[member], record);
}

/** For SQL: a text as a literal. */
export function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
