// Goal: verify finds shapes that no history has, and records that the migrations of their collection cannot change, by their keys.
// Method: histories that are changed in the catalog, past all checks of `evolve`; records in files, with holes, and inline.

import { describe, expect, onTestFinished, test } from 'vitest';
import { type Migration, openStore } from '../../dist/src/index.js';
import { openCatalog } from '../support/build-store.js';
import { fileWith, scratch } from '../support/import-files.js';

type Catalog = Awaited<ReturnType<typeof openCatalog>>;
type History = NonNullable<ReturnType<Catalog['history']>>;

const RENAME: Migration = { collection: 'things', from: 0, to: 1, ops: [{ op: 'rename', path: 'n', to: 'id' }] };

/** A store whose records are of version 0, and its collection of version 1: 40 in a file, of which two are dead, and 3 inline. */
async function made(): Promise<string> {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  const lines = Array.from({ length: 40 }, (_, n) => JSON.stringify({ n, kind: `k${n % 4}` }));
  await store.import(fileWith(lines.join('\n')), { collection: 'things', key: 'n', workers: 1 });
  const things = store.collection('things');
  await things.delete(1);
  await store.compact({ minDeadShare: 0 });
  await things.delete(5);
  for (const n of [50, 51, 53]) await things.put({ n, kind: `k${n % 4}` });
  await store.evolve(RENAME, { workers: 1 });
  await store.close();
  return directory;
}

async function withHistory(directory: string, change: (history: History) => History): Promise<void> {
  const catalog = await openCatalog(directory);
  const { id } = catalog.collection('things')!;
  await catalog.transaction((write) => write.putHistory(id, change(catalog.history(id)!)));
  await catalog.close();
}

/** The history with one more operation. */
const withMap = (history: History): History => ({
  ...history,
  shapes: history.shapes.map((shape) => {
    const values = [0, 2, 3].map((n) => [`k${n}`, n] as const);
    return { ...shape, migration: { ...shape.migration, ops: [...RENAME.ops, { op: 'map', path: 'kind', values }] } };
  }),
});

async function verified(directory: string) {
  const store = await openStore(directory, { hotSet: false });
  onTestFinished(() => store.close());
  return store.verify({ workers: 1 });
}

describe('verify', () => {
  test('names the records that have no newer version, and not those that are dead', async () => {
    const directory = await made();
    expect((await verified(directory)).faults).toEqual([]);
    await withHistory(directory, withMap);
    const { faults, isSound } = await verified(directory);
    expect(isSound).toBe(false);
    // In the file 1 and 5 are dead.
    const why =
      'operation 1 (map) of the migration to version 1 cannot change the record: "kind" has a value that the table does not have';
    const fault = { kind: 'record', collection: 'things' };
    expect(faults).toEqual([
      {
        ...{ ...fault, file: expect.stringMatching(/data\.mdb$/), records: { from: 42, to: 43 } },
        message: `record 53 of collection things has no newer version: ${why}`,
      },
      {
        ...{ ...fault, file: expect.stringMatching(/\.zst$/) },
        message: `8 records (9, 13, 17, …) of collection things have no newer version: ${why}`,
      },
    ]);
    // A record is looked at only if its shard has another version.
    const store = await openStore(directory, { hotSet: false });
    await store.undoMigrations('things', 0, { workers: 1 });
    await store.close();
    expect((await verified(directory)).faults).toEqual([]);
  });

  test('names what has a shape that is not in the history', async () => {
    const directory = await made();
    const store = await openStore(directory, { hotSet: false });
    await store.finalizeMigrations('things');
    await store.compact({ migrate: true, minDeadShare: 0 });
    await store.close();
    expect((await verified(directory)).faults).toEqual([]);
    await withHistory(directory, (history) => ({ ...history, shapes: [], final: 0 }));
    const { faults } = await verified(directory);
    expect(faults.filter(({ kind }) => kind === 'value').map(({ message }) => message)).toEqual([
      'collection things has shape 1, which its history does not have',
      expect.stringMatching(
        /^shard \d+ of collection things has shape 1, which the history of the collection does not have$/,
      ),
      expect.stringMatching(
        /^shard \d+ of collection things has shape 1, which the history of the collection does not have$/,
      ),
    ]);
  });
});
