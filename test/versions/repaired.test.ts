// Goal: a repair without the catalog gives the records of all versions, in the last version that the shards know, with the key and the
// indexes of that version; what the shards cannot know is said.
// Method: stores, plain and encrypted, of which the index is removed after imports, migrations and compactions in many orders; all
// records compared with those before.

import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { initStore, type Migration, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const ENCRYPTIONS = { plain: undefined, encrypted: { key: Buffer.alloc(32, 5) } } as const;
const FIRST = { collection: 'things', from: 0, to: 1 } as const;
const RENAMES: Migration = {
  ...FIRST,
  ops: [
    { op: 'rename', path: 'n', to: 'id' },
    { op: 'rename', path: 'mail', to: 'email' },
    { op: 'wrap', path: 'tag' },
  ],
};
const REMOVES: Migration = { ...FIRST, from: 1, to: 2, ops: [{ op: 'remove', path: 'old' }] };
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    return { n, mail: `m${n}`, tag: `t${n % 3}`, old: n };
  });
const lines = (records: readonly object[]) => fileWith(records.map((record) => JSON.stringify(record)).join('\n'));
const newer = ({ n, mail, tag, old }: ReturnType<typeof rows>[0]) => ({ id: n, email: mail, tag: [tag], old });

type Encryption = (typeof ENCRYPTIONS)[keyof typeof ENCRYPTIONS];

/** In an encrypted store, whose keys are not hidden, as the key of a collection is to be renamed. */
async function created(encryption: Encryption): Promise<Store> {
  const directory = scratch();
  if (encryption) await initStore(directory, { encryption, keys: 'plaintext' });
  return opened(directory, encryption);
}

async function opened(directory: string, encryption: Encryption): Promise<Store> {
  const store = await openStore(directory, { hotSet: false, ...(encryption && { encryption }) });
  onTestFinished(() => store.close());
  return store;
}

/** All that a reader finds. */
async function allOf(store: Store) {
  const things = store.collection<object>('things');
  const records: object[] = [];
  for await (const bytes of things.lines()) {
    const found = bytes.toString().trim();
    if (found !== '') records.push(...found.split('\n').map((line) => JSON.parse(line) as object));
  }
  const { indexes } = things.stat();
  const tagged = things.count({ index: 'tag' });
  const { version } = await store.evolution('things');
  return { version, count: things.count(), tagged, indexes: indexes.map(({ path }) => path).toSorted(), records };
}

async function withoutCatalog(store: Store, encryption: Encryption) {
  await store.close();
  rmSync(join(store.directory, 'index'), { recursive: true });
  const report = await repairStore(store.directory, { workers: 1, ...(encryption && { encryption }) });
  expect(report).toMatchObject({ from: 'shards', unused: [] });
  const repaired = await opened(store.directory, encryption);
  expect((await repaired.verify({ workers: 1 })).faults).toEqual([]);
  return { ...report, store: repaired };
}

const byText = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).toSorted();

describe.each(partOf(Object.keys(ENCRYPTIONS) as (keyof typeof ENCRYPTIONS)[]))(
  '%s: after a repair without the catalog',
  (place) => {
    const encryption = ENCRYPTIONS[place];
    const made = async () => {
      const store = await created(encryption);
      const options = { collection: 'things', key: 'n', indexes: ['mail', 'tag'], workers: 1 } as const;
      await store.import(lines(rows(0, 30)), options);
      await store.evolve(RENAMES, { workers: 1 });
      await store.import(lines(rows(30, 50).map(newer)), {
        ...{ ...options, key: 'id', indexes: ['email', 'tag'], mode: 'upsert' },
      });
      return store;
    };

    test('records of two versions are there, under the key of the newer one', async () => {
      const store = await made();
      const before = await allOf(store);
      expect(before.records).toEqual(rows(0, 50).map(newer));
      const { lost, notes, store: repaired } = await withoutCatalog(store, encryption);
      expect(lost).toEqual([]);
      expect(notes.at(-1)).toMatch(/^Collection things has version 1, the last one that its shards know/);
      expect(await allOf(repaired)).toEqual(before);
      // It goes on as before: what is hidden comes back, and the next migration is applied.
      await repaired.undoMigrations('things', 0, { workers: 1 });
      expect(byText((await allOf(repaired)).records)).toEqual(
        byText(
          rows(0, 50)
            .map(({ tag, ...rest }) => ({ ...rest, tag }))
            .map(({ n, mail, tag, old }) => ({ n, mail, tag, old })),
        ),
      );
      await repaired.evolve(RENAMES, { workers: 1 });
      await repaired.evolve(REMOVES, { workers: 1 });
      expect((await allOf(repaired)).records).toEqual(
        rows(0, 50)
          .map(newer)
          .map(({ old: _, ...rest }) => rest),
      );
    });

    test('what compaction has written is there: migrated, or in its old version, with transactions', async () => {
      const store = await made();
      await store.evolve(REMOVES, { workers: 1 });
      const things = store.collection('things');
      await things.put({ id: 77, email: 'm77', tag: ['t2'] });
      await things.patch(3, { email: 'patched' });
      await store.compact({ migrate: true, minDeadShare: 0 });
      const before = await allOf(store);
      expect(before).toMatchObject({ version: 2, count: 51 });
      const first = await withoutCatalog(store, encryption);
      const sorted = ({ records, ...rest }: typeof before) => ({ ...rest, records: byText(records) });
      expect(sorted(await allOf(first.store))).toEqual(sorted(before));
      await first.store.finalizeMigrations('things');
      await first.store.compact({ migrate: true, minDeadShare: 0 });
      const second = await withoutCatalog(first.store, encryption);
      expect(sorted(await allOf(second.store))).toEqual(sorted(before));
      expect((await second.store.evolution('things')).oldest).toBe(2);
    });

    test('a migration that no shard knows is said, and a record that is back, but has no newer version, is lost', async () => {
      const store = await created(encryption);
      const source = lines([...rows(0, 5), { n: 'x', mail: 'm', tag: 't', old: null }]);
      await store.import(source, { collection: 'things', key: 'n', indexes: ['tag'], workers: 1 });
      await store.collection('things').delete('x');
      await store
        .evolve({ ...FIRST, ops: [{ op: 'retype', path: 'n', from: 'integer', to: 'string' }] }, { workers: 1 })
        .catch(({ code }) => expect(code).toBe('MIGRATION_REFUSED'));
      await store.evolve({
        ...FIRST,
        ops: [{ op: 'map', path: 'mail', values: rows(0, 9).map(({ n, mail }) => [mail, n]) }],
      });
      await store.import(lines([{ n: 6, mail: 6, tag: 't0', old: 6 }]), {
        collection: 'things',
        key: 'n',
        mode: 'upsert',
        workers: 1,
      });
      await store.evolve({ ...REMOVES }, { workers: 1 });
      const { lost, notes, store: repaired } = await withoutCatalog(store, encryption);
      expect(lost.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^record 5 of shard \d+ has no newer version/),
      ]);
      expect(notes.at(-1)).toContain('has version 1, the last one');
      expect(await allOf(repaired)).toMatchObject({ version: 1, count: 6, tagged: 6 });
      await repaired.evolve(REMOVES, { workers: 1 });
      expect((await allOf(repaired)).records.at(-1)).toEqual({ n: 6, mail: 6, tag: 't0' });
    });
  },
);

test('a file of another history is not used, and its records are not taken for those of this one', async () => {
  const [store, other] = [await created(undefined), await created(undefined)];
  const options = { collection: 'things', key: 'n', indexes: ['tag'], workers: 1, mode: 'upsert' } as const;
  const add = (to: Store, n: number) => to.import(lines(rows(n, n + 1)), options);
  await add(store, 0);
  await add(other, 0);
  await store.evolve({ ...FIRST, ops: [{ op: 'remove', path: 'old' }] }, { workers: 1 });
  await other.evolve({ ...FIRST, ops: [{ op: 'wrap', path: 'old' }] }, { workers: 1 });
  for (let n = 1; n < 5; n++) await add(other, n);
  await other.close();
  // The store that goes on is the newer one, and has files with lower numbers.
  for (let i = 0; i < 5; i++) {
    await store.createIndex('things', 'mail');
    await store.dropIndex('things', 'mail');
  }
  await add(store, 10);
  const shards = (of: Store) => join(of.directory, 'shards');
  const strange = '00000005.ndjson.zst';
  cpSync(join(shards(other), strange), join(shards(store), strange));
  const before = await allOf(store);
  const { lost, store: repaired } = await withoutCatalog(store, undefined);
  expect(lost.map(({ file, message }) => [basename(file), message])).toEqual([
    [strange, expect.stringContaining('contradicts')],
  ]);
  expect(await allOf(repaired)).toEqual(before);
});
