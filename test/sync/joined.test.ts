// Goal: a collection that is kept up to date with a folder stays what it has to be when compaction joins the shards that its
// files gave: which records each file gave is still known exactly.
// Method: synchronise, join, change, remove and append to files, and compare with a fresh import.

import { expect, test } from 'vitest';
import { partOf } from '../support/effort.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

const records = (from: number, to: number, v = 0) =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, tag: i % 3, v, text: 'x'.repeat(40) }));

const CASES = KINDS.flatMap((kind) => [
  { kind, what: 'with keys', options: { key: 'id', indexes: ['tag'] } },
  { kind, what: 'with keys, in spans', options: { key: 'id', spanBytes: 10_000 } },
  { kind, what: 'named by their paths', options: {} },
]);

test.each(partOf(CASES))(
  '$kind: files that are changed, removed and grown after a join, $what',
  async ({ kind, options }) => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    let joined = 0;
    const round = async () => {
      const { report: _report, ...counts } = await sync(tree.root, options);
      joined += (await store.compact()).joined.shards;
      expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      expect((await sync(tree.root, options)).changed).toBe(0);
      return counts;
    };
    for (let i = 0; i < 6; i++) {
      tree.write(`${i}.ndjson`, linesOf(records(10 * i, 10 * i + 10)));
      await round();
    }
    // Long enough to be known as a log that grows.
    tree.write('log.ndjson', linesOf(records(10_000, 11_000)));
    await round();
    expect(joined).toBeGreaterThan(6);
    tree.write('2.ndjson', linesOf(records(20, 30, 1)));
    expect(await round()).toMatchObject({ changed: 1, removed: 0 });
    tree.remove('3.ndjson');
    expect(await round()).toMatchObject({ changed: 0, removed: 1 });
    tree.append('log.ndjson', linesOf(records(11_000, 11_010)));
    expect(await round()).toMatchObject({ changed: 1 });
    // Changed in the middle.
    tree.write(
      'log.ndjson',
      linesOf([...records(10_000, 10_500), ...records(10_500, 10_510, 7), ...records(10_510, 11_010)]),
    );
    await round();
    for (const i of [0, 1, 2, 4, 5]) tree.remove(`${i}.ndjson`);
    await round();
    tree.write('0.ndjson', linesOf(records(0, 10, 2)));
    await round();
  },
);
