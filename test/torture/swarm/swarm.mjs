// A seed of the swarm: a store, and round after round on it until the time is over or something is wrong.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newBank } from './bank.mjs';
import { abilities } from './faults.mjs';
import { createStore } from './layout.mjs';
import { Random } from './random.mjs';
import { Round } from './round.mjs';

/** @typedef {import('./types.js').Role} Role */

/** @type {readonly Role[]} */
const ROLES = ['writer', 'writer', 'importer', 'editor', 'reader', 'commander', 'keeper', 'watcher'];
/** Options of a swarm that edits collections between imports and reads them page by page, which takes more time. */
export const EDITING = {
  always: /** @type {readonly Role[]} */ (['editor', 'editor', 'reader']),
  among: /** @type {readonly Role[]} */ (['editor', 'editor', 'reader', 'keeper', 'importer']),
  milliseconds: 3000,
  // A process that is killed at once has not come to its second step.
  calmMilliseconds: 1200,
};
const FAULTLESS = { kills: false, stops: false, descriptors: false, fills: false, cut: false };

/**
 * @typedef {object} SwarmOptions
 * @property {number} seed
 * @property {string} directory of the swarm's own, for sources, backups and what is kept of a failure
 * @property {number} [rounds] default 1
 * @property {readonly Role[] | undefined} [among] roles that are played; default all
 * @property {readonly Role[] | undefined} [always] roles that each round has besides; default a writer
 * @property {number} [milliseconds] of a round; default 1,000
 * @property {number} [calmMilliseconds] between two faults, at most; default 250
 * @property {string} [path] where the store is, otherwise in `directory`: a small disk that may be filled, or a volume
 *   that may be cut by `cut`
 * @property {() => void} [cut] @property {() => void} [restore]
 * @property {(line: string) => void} [log]
 */

/** @param {SwarmOptions} options */
export async function swarm({
  seed,
  directory,
  rounds = 1,
  milliseconds = 1000,
  calmMilliseconds = 250,
  path,
  cut,
  restore,
  log,
  among = ROLES,
  always = ['writer'],
}) {
  const random = new Random(`seed ${seed}`);
  const store = join(path ?? directory, 'store');
  mkdirSync(directory, { recursive: true });
  await createStore(store);
  const totals = new Totals();
  /** @type {import('./types.js').Known & { generation?: number, indexBytes?: number, files?: number }} */
  let known = { owned: {}, orders: [], counters: newBank().counters };
  for (let n = 0; n < rounds && totals.violations.length === 0; n++) {
    const roles = /** @type {Role[]} */ ([
      ...always,
      ...Array.from({ length: 2 + random.below(3) }, () => random.pick(among)),
    ]);
    const faults = chosenFaults(random, { fills: path !== undefined && cut === undefined, cut: cut !== undefined });
    const scratch = join(directory, 'scratch');
    mkdirSync(scratch, { recursive: true });
    const rest = { cut: cut ?? nothing, restore: restore ?? nothing };
    const round = new Round({
      seed,
      name: `r${n}`,
      store,
      scratch,
      milliseconds,
      calmMilliseconds,
      roles,
      faults,
      known,
      random,
      ...rest,
    });
    const verdict = await round.play();
    known = verdict;
    totals.add(
      round,
      verdict.violations.map((violation) => ({ seed, round: n, ...violation })),
    );
    const named = Object.entries(faults)
      .filter(([, is]) => is)
      .map(([name]) => name);
    log?.(
      `seed ${seed}, round ${n}: ${roles.join(' ')}; ${named.join(' ') || 'no faults'}; generation ${verdict.generation}, index ${verdict.indexBytes} bytes, ${verdict.files} files, violations ${verdict.violations.length}`,
    );
    if (verdict.violations.length === 0) rmSync(scratch, { recursive: true, force: true });
    else {
      keep(directory, verdict.violations, round.model.trace);
      // The disk it is on goes.
      if (path !== undefined) cpSync(store, join(directory, 'store'), { recursive: true });
    }
  }
  if (totals.violations.length === 0) rmSync(store, { recursive: true, force: true });
  return totals;
}

function nothing() {}

/** @param {string} directory @param {readonly import('./types.js').Violation[]} violations @param {readonly string[]} trace */
function keep(directory, violations, trace) {
  writeFileSync(join(directory, 'violations.json'), JSON.stringify(violations, undefined, 1));
  writeFileSync(join(directory, 'trace.ndjson'), trace.join('\n'));
}

/** @param {Random} random @param {Partial<import('./types.js').Faults>} possible */
function chosenFaults(random, { fills = false, cut = false }) {
  const { descriptors, stops } = abilities();
  // The same numbers are drawn whatever the machine can do.
  const [kill, stop, few] = [random.chance(0.6), random.chance(0.5), random.chance(0.2)];
  return { ...FAULTLESS, kills: kill, stops: stop && stops, descriptors: few && descriptors && !cut, fills, cut };
}

/** What came of all rounds. */
export class Totals {
  rounds = 0;
  /** Changes that were acknowledged: owned records, and whatever else a transaction or import does together as one. */
  acknowledged = 0;
  /** @type {Record<string, number>} */
  done = {};
  /** @type {Record<string, number>} */
  errors = {};
  /** @type {Record<string, number>} */
  faults = {};
  /** @type {import('./types.js').Violation[]} */
  violations = [];

  /** @param {Round} round @param {readonly import('./types.js').Violation[]} violations */
  add(round, violations) {
    const { acknowledged, done, errors } = round.model.totals();
    this.rounds++;
    this.acknowledged += acknowledged;
    addTo(this.done, done);
    addTo(this.errors, errors);
    addTo(this.faults, round.injected);
    this.violations.push(...violations);
  }

  /** @param {Totals} other */
  merge({ rounds, acknowledged, done, errors, faults, violations }) {
    this.rounds += rounds;
    this.acknowledged += acknowledged;
    addTo(this.done, done);
    addTo(this.errors, errors);
    addTo(this.faults, faults);
    this.violations.push(...violations);
  }
}

/** @param {Record<string, number>} sums @param {Record<string, number>} more */
function addTo(sums, more) {
  for (const [name, n] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + n;
}
