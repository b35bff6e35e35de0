// Goal: a joined file that somebody else made cannot hurt: what its end says of its shards is refused with a code, or is true.
// Method: joined files whose end has a right checksum and says what no compaction writes, or whose shards are others, in another
// order, twice, or cut; everything is done with the store that can be done.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { encodeJoined, type JoinedShard, readJoined } from '../../dist/src/store/shards/joined/joined.js';
import type { TableRow } from '../../dist/src/store/shards/tables.js';
import { partOf } from '../support/effort.js';
import { tryAll } from '../support/hostile-trial.js';
import { makeDirectory } from '../support/import-files.js';
import { smallImports } from '../support/joined.js';
import { pick, type Random, randomFrom } from '../support/random.js';

const SEEDS = 3;

let directory: ReturnType<typeof makeDirectory>;
beforeAll(async () => {
  directory = makeDirectory();
  const store = await openStore(join(directory.path, 'template'), { hotSet: false });
  await smallImports(store, 6, { sources: directory.path });
  await store.compact();
  await store.close();
}, 60_000);
afterAll(() => directory.remove());

interface Joined {
  readonly bodies: readonly Buffer[];
  readonly shards: readonly JoinedShard[];
}

/** A joined file with these shards. @param tell what its end says of them */
function fileOf(bodies: readonly Buffer[], tell: readonly JoinedShard[], rows: (bytes: number) => readonly TableRow[]) {
  return Buffer.concat([
    ...bodies,
    encodeJoined(
      tell,
      bodies.flatMap(({ byteLength }) => rows(byteLength)),
      undefined,
    ),
  ]);
}

/** Tables that lead to the ends of the shards, and no frame. */
const whole = (bytes: number): readonly TableRow[] => [{ storedBytes: bytes, plainBytes: 0, records: 0 }];

const CHANGES: Readonly<Record<string, (joined: Joined, random: Random) => Buffer>> = {
  'other numbers': ({ bodies, shards }, random) =>
    fileOf(
      bodies,
      shards.map((one) => ({ ...one, shard: random(2 ** 32 - 1) })),
      whole,
    ),
  'another order': ({ bodies, shards }) => fileOf([...bodies].reverse(), shards, whole),
  'one shard twice': ({ bodies, shards }) => fileOf([...bodies, bodies[0]!], [...shards, shards[0]!], whole),
  'sizes that do not fit': ({ bodies, shards }, random) =>
    fileOf(
      bodies,
      shards.map((one) => ({ ...one, region: { ...one.region, bytes: random(2 ** 31) * random(2 ** 19) } })),
      whole,
    ),
  'sizes that are moved': ({ bodies, shards }, random) => {
    const by = random(40);
    const moved = shards.map((one, i) => {
      const bytes = one.region.bytes + (i === 0 ? by : i === 1 ? -by : 0);
      return { ...one, region: { ...one.region, bytes } };
    });
    return fileOf(bodies, moved, whole);
  },
  'no shard': ({ bodies }) => fileOf(bodies, [], whole),
  'a joined file in a joined file': ({ bodies, shards }) => {
    const inner = fileOf(bodies, shards, whole);
    return fileOf([inner], [{ shard: 1, region: { at: 0, bytes: inner.byteLength } }], whole);
  },
  'no rows': ({ bodies, shards }) => fileOf(bodies, shards, () => []),
  'a shard of nothing': ({ bodies, shards }) =>
    fileOf(bodies, [...shards, { shard: 3, region: { at: 0, bytes: 0 } }], whole),
  'cut in a shard': ({ bodies, shards }, random) =>
    fileOf([bodies[0]!.subarray(0, random(bodies[0]!.byteLength)), ...bodies.slice(1)], shards, whole),
};

test.each(Object.keys(CHANGES))('%s', { timeout: 120_000 }, async (name) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    for (const work of partOf(['read', 'change', 'repair'] as const, seed)) {
      const random = randomFrom(seed);
      const scratch = makeDirectory();
      const store = join(scratch.path, 'store');
      cpSync(join(directory.path, 'template'), store, { recursive: true });
      const file = pick(random, readdirSync(join(store, 'shards')));
      const path = join(store, 'shards', file);
      const blob = files.open(path, 'shard');
      const shards = readJoined(blob, path, undefined)!;
      blob.close();
      const bytes = readFileSync(path);
      const bodies = shards.map(({ region: { at, bytes: size } }) => bytes.subarray(at, at + size));
      writeFileSync(path, CHANGES[name]!({ bodies, shards }, random));
      if (work === 'repair') rmSync(join(store, 'index'), { recursive: true });
      const { failed } = await tryAll(store, work);
      expect(failed, `seed ${seed}, ${work}`).toEqual([]);
      scratch.remove();
    }
  }
});
