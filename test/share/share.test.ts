// Goal: what another tool reads from a shared directory are the records of one generation, all of them and no others; and `stat`
// says truly whether the shards themselves are so. After `compact` with `full` they are.
// Method: random histories of imports, transactions and compactions; the tool zstd reads the files, and a Map, or the store's own
// export, says what has to be in them. Beside a writer in another process that keeps replacing the records.
// @node all: links and how files are copied, and a process

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encryptStore, openStore, type Store } from '../../dist/src/index.js';
import { gristmill } from '../support/cli.js';
import { build } from '../support/convertible.js';
import { runs } from '../support/effort.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { HAS_ZSTD } from '../support/import-store.js';
import { linesOf, sharedLines, zstdLinesIn } from '../support/shared.js';

const WRITER = fileURLToPath(new URL('../support/backup-writer.mjs', import.meta.url));

async function open(directory: string, options: object = {}): Promise<Store> {
  const store = await openStore(directory, { hotSet: false, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** By collection, what the store has. */
async function expected(store: Store): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { name } of store.stat().collections) all[name] = await linesOf(store, name);
  return all;
}

const KEYS = 8;
const anyIds = fc.uniqueArray(fc.nat(KEYS - 1), { minLength: 1, maxLength: 4 });
const anyStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('replace', 'upsert', 'put', 'put'), ids: anyIds }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete'), ids: anyIds }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('compact', 'join', 'recompress'), ids: fc.constant([]) }) },
);
type Step = { readonly do: string; readonly ids: readonly number[] };

/** A history of a collection with keys and one without, in a store of which each import has another compression. */
class History {
  readonly store: Store;
  readonly #directory: string;
  readonly #texts = new Map<number, string>();
  #rows: string[] = [];
  #edition = 0;

  constructor(store: Store, directory: string) {
    this.store = store;
    this.#directory = directory;
  }

  get expected(): Record<string, string[]> {
    return { records: [...this.#texts.values()].sort(), rows: [...this.#rows].sort() };
  }

  async step({ do: what, ids }: Step): Promise<void> {
    const edition = ++this.#edition;
    if (what === 'replace' || what === 'upsert') {
      const texts = ids.map((id) => JSON.stringify({ id, tag: id % 3, edition }));
      const source = fileWith(texts.join('\n'), 'source.ndjson', this.#directory);
      const compression = edition % 2 === 0 ? 'none' : 'zstd';
      await this.store.import(source, {
        key: 'id',
        indexes: ['tag'],
        mode: what,
        changes: 'drop',
        compression,
        workers: 1,
      });
      await this.store.import(source, { collection: 'rows', changes: 'drop', compression, workers: 1 });
      if (what === 'replace') this.#texts.clear();
      for (const [i, id] of ids.entries()) this.#texts.set(id, texts[i]!);
      this.#rows = texts;
    } else if (what === 'put' || what === 'delete') {
      await this.store.transaction((tx) => {
        const records = tx.collection<object>('records');
        for (const id of ids) {
          const record = { id, tag: edition % 3, edition };
          if (what === 'put') records.put(record);
          else records.delete(id);
          if (what === 'put') this.#texts.set(id, JSON.stringify(record));
          else this.#texts.delete(id);
        }
        const row = { edition, row: true };
        tx.collection<object>('rows').put(row);
        this.#rows.push(JSON.stringify(row));
      });
    } else {
      const options = { compact: {}, join: { minDeadShare: 0.9 }, recompress: { recompress: true, joinBytes: 0 } };
      await this.store.compact(options[what as keyof typeof options]);
    }
  }
}

describe.runIf(HAS_ZSTD)('a shared directory', () => {
  test('has the records that a Map has, whatever came before; compact with full leaves no others in the shards', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { path, remove } = makeDirectory();
        const store = await openStore(join(path, 'store'), { hotSet: false });
        try {
          const history = new History(store, path);
          await history.step({ do: 'replace', ids: [0, 1, 2, 3, 4, 5] });
          for (const [i, step] of steps.entries()) {
            await history.step(step);
            if (i % 3 !== 0 && i !== steps.length - 1) continue;
            const { records } = await store.share(join(path, 'live'));
            expect(sharedLines(join(path, 'live'))).toEqual(history.expected);
            expect(records).toBe(Object.values(history.expected).flat().length);
            // What `stat` says is so.
            const all = Object.values(history.expected).flat().sort();
            const isExact = JSON.stringify(zstdLinesIn(join(path, 'store', 'shards'))) === JSON.stringify(all);
            if (store.stat().exact) expect(isExact).toBe(true);
          }
          await store.compact({ full: true });
          expect(store.stat()).toMatchObject({ exact: true, collections: [{ exact: true }, { exact: true }] });
          expect(zstdLinesIn(join(path, 'store', 'shards'))).toEqual(Object.values(history.expected).flat().sort());
          const report = await store.share(join(path, 'live'));
          expect(report.files).toMatchObject({ copied: 0, written: 0 });
          expect(sharedLines(join(path, 'live'))).toEqual(history.expected);
          expect((await store.verify({ workers: 1 })).faults).toEqual([]);
          // Nothing is left to do.
          expect(await store.compact({ full: true })).toMatchObject({
            sealed: 0,
            rewritten: 0,
            dropped: 0,
            joined: { files: 0 },
          });
        } finally {
          await store.close();
          remove();
        }
      }),
      { numRuns: runs(12) },
    );
  });

  test('of a store with one of everything: joined files, names, indexes, holes; private; linked where shards are exact', async () => {
    const folder = scratch();
    await build(join(folder, 'store'), folder);
    const store = await open(join(folder, 'store'));
    const target = join(folder, 'a', 'live');
    expect(store.stat().exact).toBe(false);
    const { files, generation, collections } = await store.share(target);
    expect({ generation, collections }).toEqual({ generation: store.stat().generation, collections: 4 });
    expect(files.linked).toBeGreaterThan(0);
    expect(files.written).toBeGreaterThan(0);
    expect(sharedLines(target)).toEqual(await expected(store));
    for (const name of readdirSync(realpathSync(target), { recursive: true }) as string[]) {
      const stat = statSync(join(target, name));
      expect((stat.mode & 0o777).toString(8), name).toBe(stat.isDirectory() ? '700' : '600');
    }
    const copied = await store.share(target, { copy: true });
    const { written, kept } = copied.files;
    expect(copied.files).toEqual({ linked: 0, copied: files.linked, written, kept });
    expect(written + kept).toBe(files.written);
    expect(kept).toBeGreaterThan(0);
    expect(sharedLines(target)).toEqual(await expected(store));
    const [first] = store.stat().collections;
    await store.share(target, { collection: first!.name });
    expect(Object.keys(sharedLines(target))).toEqual([first!.name]);
    await expect(store.share(target, { collection: 'none' })).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
  });

  test('keeps what the last run wrote of a shard, until another record of it dies; also where as many are dead, but others', async () => {
    const folder = scratch();
    const store = await open(join(folder, 'store'));
    const target = join(folder, 'live');
    const filesOf = () => {
      const names = (readdirSync(realpathSync(target), { recursive: true }) as string[]).filter((name) =>
        name.endsWith('.zst'),
      );
      return new Map(names.map((name) => [name, statSync(join(target, name)).ino]));
    };
    const rows = Array.from({ length: 40 }, (_, id) => JSON.stringify({ id, text: 'x'.repeat(100) }));
    for (const half of [rows.slice(0, 20), rows.slice(20)]) {
      await store.import(fileWith(half.join('\n'), 'half.ndjson', folder), { key: 'id', mode: 'upsert', workers: 1 });
    }
    const forget = (id: number) => store.transaction((tx) => tx.collection('records').delete(id));
    await forget(3);
    await forget(25);
    expect((await store.share(target)).files).toEqual({ linked: 0, copied: 0, written: 2, kept: 0 });
    const before = filesOf();
    expect((await store.share(target)).files).toEqual({ linked: 0, copied: 0, written: 0, kept: 2 });
    expect(filesOf()).toEqual(before);
    await store.backup(join(folder, 'backup'));
    await forget(4);
    expect((await store.share(target)).files).toEqual({ linked: 0, copied: 0, written: 1, kept: 1 });
    expect(sharedLines(target)).toEqual(await expected(store));
    const restored = await open(join(folder, 'backup'));
    await restored.transaction((tx) => tx.collection('records').delete(5));
    expect((await restored.share(target)).files).toEqual({ linked: 0, copied: 0, written: 1, kept: 1 });
    expect(sharedLines(target)).toEqual(await expected(restored));
  });

  test('of an encrypted store is not encrypted', async () => {
    const folder = scratch();
    await build(join(folder, 'store'), folder);
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
    await encryptStore(join(folder, 'store'), { encryption: { keyFile }, workers: 1 });
    const store = await open(join(folder, 'store'), { encryption: { keyFile } });
    const { files } = await store.share(join(folder, 'live'));
    expect(files).toMatchObject({ linked: 0, copied: 0 });
    expect(sharedLines(join(folder, 'live'))).toEqual(await expected(store));
    const args = ['share', '--out', join(folder, 'live'), '--store', join(folder, 'store'), '--key-file', keyFile];
    expect((await gristmill(...args)).stderr).toContain('not: they are plain text');
  });

  test('beside a process that keeps replacing the records has exactly one generation', async () => {
    const folder = scratch();
    const directory = join(folder, 'store');
    const writer = fork(WRITER, [directory, join(folder, 'source.ndjson'), '400']);
    onTestFinished(() => void writer.kill('SIGKILL'));
    await once(writer, 'message');
    const store = await open(directory, { readOnly: true });
    const target = join(folder, 'live');
    const numbers = new Set<number>();
    for (let i = 0; i < 6; i++) {
      await store.share(target);
      // Who resolves the link reads one state to its end, while the next one comes.
      const here = realpathSync(target);
      await once(writer, 'message');
      await store.share(target);
      const lines = zstdLinesIn(join(here, 'records'));
      const found = new Set(lines.map((line) => JSON.parse(line).number as number));
      expect([lines.length, found.size]).toEqual([400, 1]);
      numbers.add([...found][0]!);
    }
    expect(numbers.size).toBeGreaterThan(1);
  });
});

test.runIf(HAS_ZSTD)('the command line', async () => {
  const folder = scratch();
  const at = ['--store', join(folder, 'store')];
  await gristmill(
    'import',
    fileWith('{"id":1}\n{"id":2}\n', 'a.ndjson', folder),
    ...at,
    '--key',
    'id',
    '--compression',
    'none',
  );
  expect((await gristmill('stat', ...at)).stdout).toMatch(/shards +exact/);
  await gristmill('put', '{"id":2,"new":true}', ...at);
  expect((await gristmill('stat', ...at)).stdout).toMatch(/shards +not exact/);
  const shared = await gristmill('share', '--out', join(folder, 'live'), ...at, '--json');
  expect(JSON.parse(shared.stdout)).toMatchObject({ records: 2, files: { linked: 0, copied: 0, written: 2 } });
  expect(sharedLines(join(folder, 'live'))).toEqual({ records: ['{"id":1}', '{"id":2,"new":true}'] });
  expect(await gristmill('compact', '--full', '--recompress', ...at)).toMatchObject({ code: 0 });
  expect(JSON.parse((await gristmill('stat', ...at, '--json')).stdout)).toMatchObject({ exact: true });
  expect(await gristmill('share', '--out', folder, ...at)).toMatchObject({ code: 4 });
  expect(await gristmill('share', ...at)).toMatchObject({ code: 2 });
  expect(await gristmill('compact', '--full', '--min-dead', '10%', ...at)).toMatchObject({ code: 2 });
});
