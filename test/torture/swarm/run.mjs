// The swarm for as long as is wanted, seed after seed; and one seed again.
//
//   node test/torture/swarm/run.mjs [--seconds 60] [--seed N] [--rounds 1] [--milliseconds 1000] [--directory DIR]
//     [--at-once 2] [--disk plain|small|volume] [--roles reader,keeper,…] [--edits] [--keep-going]
//
// --seed is the first seed; without --seconds only this one is played. Of a violation the store and the sources stay
// in DIR. --edits: collections are edited between imports, and read page by page. `small` and `volume` (a disk that is filled, one whose power is cut) need root, and mount what they need in a namespace of their own.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EDITING, swarm, Totals } from './swarm.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
    milliseconds: { type: 'string' },
    directory: { type: 'string' },
    'at-once': { type: 'string', default: '1' },
    disk: { type: 'string', default: 'plain' },
    roles: { type: 'string' },
    edits: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});

if (values.disk !== 'plain' && process.env.TORTURE_NAMESPACE === undefined) {
  const again = ['-m', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync('unshare', again, { stdio: 'inherit', env: { ...process.env, TORTURE_NAMESPACE: '1' } });
  process.exit(status ?? 1);
}

const base = values.directory ?? mkdtempSync(join(tmpdir(), 'gristmill-swarm-'));
const until = performance.now() + Number(values.seconds) * 1000;
const totals = new Totals();
let next = Number(values.seed);

async function lane() {
  do {
    const seed = next++;
    const found = await played(seed);
    totals.merge(found);
    for (const { what, facts } of found.violations.slice(0, 5)) {
      console.log(`VIOLATION seed ${seed}: ${what}: ${JSON.stringify(facts).slice(0, 2000)}`);
    }
  } while (performance.now() < until && (values['keep-going'] || totals.violations.length === 0));
}

/** @param {number} seed */
async function played(seed) {
  const directory = join(base, `seed-${seed}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const among = /** @type {import('./types.js').Role[] | undefined} */ (values.roles?.split(','));
  const options = {
    ...{ seed, directory, rounds: Number(values.rounds) },
    ...(values.edits && EDITING),
    ...(among && { among }),
    ...(values.milliseconds !== undefined && { milliseconds: Number(values.milliseconds) }),
  };
  const disk = await mounted(directory);
  const found = await swarm({ ...options, ...disk, log: console.log }).finally(() => disk?.unmount());
  if (found.violations.length === 0) rmSync(directory, { recursive: true, force: true });
  return found;
}

/** @param {string} directory */
async function mounted(directory) {
  if (values.disk === 'plain') return undefined;
  const { smallDisk, volumeDisk } = await import('./disks.mjs');
  return values.disk === 'small' ? smallDisk(directory) : volumeDisk(directory);
}

await Promise.all(Array.from({ length: Number(values['at-once']) }, lane));
console.log(JSON.stringify({ ...totals, violations: totals.violations.length }, undefined, 1));
if (totals.violations.length === 0) rmSync(base, { recursive: true, force: true });
else console.log(`what is left of it is in ${base}`);
process.exitCode = totals.violations.length === 0 ? 0 : 1;
