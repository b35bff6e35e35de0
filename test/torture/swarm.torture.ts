// Goal: nothing that was acknowledged is lost, whatever else goes on; no state that anybody can see is half of one.
// Method: a hundred seeds of the swarm: processes that do everything there is to one store, killed, stopped, without
// descriptors, on a disk that is full, on a volume whose power is cut; against a model of what was acknowledged.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing, scratchDirectory } from './harness.js';
import { smallDisk, volumeDisk } from './swarm/disks.mjs';
import { EDITING, swarm, Totals } from './swarm/swarm.mjs';

const FIRST = Number(process.env.TORTURE_SEED ?? 1);
const SEEDS = Number(process.env.TORTURE_SEEDS ?? 80);
const SEEDS_OF_EDITS = Math.ceil(SEEDS / 2);
const SEEDS_OF_SMALL_DISKS = Math.ceil((SEEDS * 12) / 80);
const SEEDS_OF_VOLUMES = Math.ceil((SEEDS * 4) / 80);
/** Far apart, so that no two tests play the same ones. */
const [FIRST_OF_SMALL_DISKS, FIRST_OF_VOLUMES, FIRST_OF_EDITS] = [FIRST + 10_000, FIRST + 20_000, FIRST + 30_000];
/** Cuts of one volume, one after another. */
const CUTS_EACH = 4;
/** Two keep two cores busy; one seed alone waits for disks. */
const AT_ONCE = 2;

const directory = scratchDirectory();
afterAll(() => directory.remove());

type Options = Parameters<typeof swarm>[0];
type Disk = Pick<Options, 'path' | 'cut' | 'restore'> & { unmount(): void };

/** Plays seeds until one finds something. @param disk makes the disk of a seed */
async function play(first: number, count: number, disk?: (directory: string) => Disk, options: Partial<Options> = {}) {
  const totals = new Totals();
  let next = first;
  const lane = async () => {
    while (next < first + count && totals.violations.length === 0) {
      const seed = next++;
      const own = join(directory.path, `${seed}`);
      mkdirSync(own);
      const made = disk?.(own);
      const found = await swarm({ seed, directory: own, milliseconds: 700, ...made, ...options }).finally(() =>
        made?.unmount(),
      );
      totals.merge(found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const { violations, ...counts } = totals;
  console.log(`swarm: ${JSON.stringify(counts)}`);
  // As text: what a report of a failed test shows of nested values tells nothing.
  const texts = violations.map((violation) => JSON.stringify(violation).slice(0, 2000));
  expect(texts.join('\n')).toBe('');
  expect(counts.acknowledged).toBeGreaterThan(count);
}

const lacks = missing('root', 'unshare', 'losetup', 'mkfs.ext4');
const canMount = lacks === undefined && process.env.TORTURE_NAMESPACE !== undefined;

describe('the swarm (a seed again: node test/torture/swarm/run.mjs --seed N)', () => {
  test(`${SEEDS} seeds from ${FIRST} on`, () => play(FIRST, SEEDS));

  test(`${SEEDS_OF_EDITS} seeds from ${FIRST_OF_EDITS} on, of collections that are edited between imports (--edits)`, () =>
    play(FIRST_OF_EDITS, SEEDS_OF_EDITS, undefined, EDITING));

  test.skipIf(!canMount)(
    `${SEEDS_OF_SMALL_DISKS} seeds from ${FIRST_OF_SMALL_DISKS} on, on disks that are full now and then (--disk small)`,
    () => play(FIRST_OF_SMALL_DISKS, SEEDS_OF_SMALL_DISKS, smallDisk),
  );

  test.skipIf(!canMount)(
    `${SEEDS_OF_VOLUMES} seeds from ${FIRST_OF_VOLUMES} on, on volumes whose power is cut (--disk volume --rounds ${CUTS_EACH})`,
    () => play(FIRST_OF_VOLUMES, SEEDS_OF_VOLUMES, volumeDisk, { rounds: CUTS_EACH }),
  );
});
