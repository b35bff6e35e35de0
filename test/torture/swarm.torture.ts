// Goal: nothing that was acknowledged is lost, whatever else goes on; no state that anybody can see is half of one.
// Method: a hundred seeds of the swarm: processes that do everything there is to one store, killed, stopped, without
// descriptors, on a disk that is full, on a volume whose power is cut; against a model of what was acknowledged.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { missing, scratchDirectory } from './harness.js';
import { smallDisk, volumeDisk } from './swarm/disks.mjs';
import { swarm, Totals } from './swarm/swarm.mjs';

const SEEDS = Number(process.env.TORTURE_SEEDS ?? 80);
const SEEDS_OF_SMALL_DISKS = 12;
const SEEDS_OF_VOLUMES = 4;
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
  test(`${SEEDS} seeds`, () => play(1, SEEDS));

  test.skipIf(!canMount)(`${SEEDS_OF_SMALL_DISKS} seeds on disks that are full now and then (--disk small)`, () =>
    play(10_001, SEEDS_OF_SMALL_DISKS, smallDisk),
  );

  test.skipIf(!canMount)(
    `${SEEDS_OF_VOLUMES} seeds on volumes whose power is cut (--disk volume --rounds ${CUTS_EACH})`,
    () => play(20_001, SEEDS_OF_VOLUMES, volumeDisk, { rounds: CUTS_EACH }),
  );
});
