// Goal: whatever happens to LMDB's own structure, which has no checksums, no wrong record is returned, and a repair ends with
// a sound store. Method: bits and blocks of data.mdb of stores kept as fixtures, plain and encrypted, are changed at random, by a
// seed, and processes of their own read it or repair it: they may end with an error, or die.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { partOf, runs, seedOfTurn } from '../support/effort.js';
import { randomFrom } from '../support/random.js';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
interface Fixture {
  readonly name: string;
  readonly folder: string;
  readonly key?: string;
}
const KEY = 'a key of thirty-two bytes, known';
const STORES: readonly Fixture[] = [
  { name: 'store', folder: 'store-v1' },
  { name: 'hidden', folder: 'store-v5-encrypted', key: KEY },
  { name: 'plaintext', folder: 'store-v5-encrypted', key: KEY },
];
const READ = fileURLToPath(new URL('../support/read-damaged.mjs', import.meta.url));
const isReadable = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
/** Processes are what takes the time here. */
const TRIALS = { read: 12, repair: 8 };

interface Found {
  readonly wrong: string[];
  readonly missing: number;
  readonly isSound: boolean;
  readonly codes: string[];
  readonly from: string;
}

/** A copy of the fixture with something changed in its index. */
function damaged({ name, folder }: Fixture, seed: number): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  const store = join(path, 'store');
  cpSync(join(FIXTURES, folder, name), store, { recursive: true });
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
function outcome(fixture: Fixture, seed: number, task: 'read' | 'repair'): Found | undefined {
  const store = damaged(fixture, seed);
  const args = [READ, store, join(FIXTURES, fixture.folder, 'expected.json'), task];
  if (fixture.key !== undefined) args.push(fixture.key);
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal !== null) return undefined;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Found;
}

describe.skipIf(!isReadable).each([...STORES.slice(0, 1), ...partOf(STORES.slice(1))])('$folder, $name', (fixture) => {
  test('read: right data, an error with a code, or the end of the process; what is missed is found', () => {
    for (let trial = 1; trial <= runs(TRIALS.read); trial++) {
      const seed = seedOfTurn(trial);
      const found = outcome(fixture, seed, 'read');
      if (found === undefined) continue;
      expect(found.wrong, `seed ${seed}`).toEqual([]);
      if (found.missing > 0) expect(found.isSound, `seed ${seed}: records are missing`).toBe(false);
    }
  });

  test('repaired: nothing is lost, or only what the catalog alone knew; the repair never dies', () => {
    for (let trial = 1; trial <= runs(TRIALS.repair); trial++) {
      const seed = seedOfTurn(100 + trial);
      const found = outcome(fixture, seed, 'repair');
      expect(found, `seed ${seed}: the repair died`).toBeDefined();
      expect(found, `seed ${seed}`).toMatchObject({ codes: [], isSound: true });
      if (found?.from === 'catalog') expect(found, `seed ${seed}`).toMatchObject({ wrong: [], missing: 0 });
    }
  });
});
