// Goal: whatever happens to LMDB's own structure, which has no checksums, no wrong record is returned, and a repair ends with
// a sound store. Method: bits and blocks of data.mdb of the store kept as a fixture are changed at random, by a seed, and
// processes of their own read it or repair it: they may end with an error, or die.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { randomFrom } from '../support/random.js';

const FIXTURE = fileURLToPath(new URL('../fixtures/store-v1', import.meta.url));
const READ = fileURLToPath(new URL('../support/read-damaged.mjs', import.meta.url));
const isReadable = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
/** Processes are what takes the time here. */
const TRIALS = { read: 5, repair: 3 };

interface Found {
  readonly wrong: string[];
  readonly missing: number;
  readonly isSound: boolean;
  readonly codes: string[];
  readonly from: string;
}

/** A copy of the fixture with something changed in its index. */
function damaged(seed: number): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  const store = join(path, 'store');
  cpSync(join(FIXTURE, 'store'), store, { recursive: true });
  chmodSync(store, 0o700);
  for (const name of readdirSync(store)) chmodSync(join(store, name), 0o700);
  const file = join(store, 'index', 'data.mdb');
  const bytes = readFileSync(file);
  const random = randomFrom(seed);
  const page = PAGE_BYTES * random(bytes.byteLength / PAGE_BYTES);
  // A bit of a page's header and pointers, any bit, or a sector of noise.
  const kind = random(3);
  const at = kind === 0 ? page + random(64) : SECTOR_BYTES * random(bytes.byteLength / SECTOR_BYTES);
  if (kind < 2) bytes[at + (kind === 1 ? random(SECTOR_BYTES) : 0)]! ^= 1 << random(8);
  else for (let i = 0; i < SECTOR_BYTES; i++) bytes[at + i] = random(256);
  writeFileSync(file, bytes);
  return store;
}

/** What a process comes to that works on a store; undefined when it died. */
function outcome(store: string, task: 'read' | 'repair'): Found | undefined {
  const args = [READ, store, join(FIXTURE, 'expected.json'), task];
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal !== null) return undefined;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Found;
}

test.skipIf(!isReadable)(
  'read: right data, an error with a code, or the end of the process; what is missed is found',
  () => {
    for (let seed = 1; seed <= TRIALS.read; seed++) {
      const found = outcome(damaged(seed), 'read');
      if (found === undefined) continue;
      expect(found.wrong, `seed ${seed}`).toEqual([]);
      if (found.missing > 0) expect(found.isSound, `seed ${seed}: records are missing`).toBe(false);
    }
  },
);

test.skipIf(!isReadable)(
  'repaired: nothing is lost, or only what the catalog alone knew; the repair never dies',
  () => {
    for (let seed = 100; seed < 100 + TRIALS.repair; seed++) {
      const found = outcome(damaged(seed), 'repair');
      expect(found, `seed ${seed}: the repair died`).toBeDefined();
      expect(found, `seed ${seed}`).toMatchObject({ codes: [], isSound: true });
      if (found?.from === 'catalog') expect(found, `seed ${seed}`).toMatchObject({ wrong: [], missing: 0 });
    }
  },
);
