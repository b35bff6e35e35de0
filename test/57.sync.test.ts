// Goal: after any sequence of changes to its sources, a synchronised collection is what a fresh import of them would be;
// only files that have changed are read; a bad new version changes nothing.
// Method: a folder, and single files, changed at random; after each synchronisation the collection is compared with a
// fresh import into another store, and verified.

import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Memory, memory, openStore, type Store } from '../dist/src/index.js';
import { type SyncOptions, type SyncReport, syncSources } from '../dist/src/sources/sync.js';
import { files as onDisk } from '../dist/src/store/file-blobs.js';
import { prepareStoreDirectory } from '../dist/src/store/files.js';
import { openRecovered } from '../dist/src/store/recovery.js';
import type { ImportOptions } from '../src/import/types.js';
import { errorOf } from './support/import-errors.js';
import { scratch } from './support/import-files.js';
import { KINDS } from './support/import-store.js';

/** Files under one directory, each change of which has a time of its own, long ago. */
class Tree {
  readonly root = join(scratch(), 'files');
  #seconds = 1_000_000_000;

  constructor() {
    mkdirSync(this.root);
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    this.touch(name);
  }

  append(name: string, text: string): void {
    appendFileSync(this.path(name), text);
    this.touch(name);
  }

  remove(name: string): void {
    rmSync(this.path(name));
  }

  touch(name: string): void {
    utimesSync(this.path(name), ++this.#seconds, this.#seconds);
  }

  bytes(name: string): number {
    return statSync(this.path(name)).size;
  }
}

interface Synced {
  readonly store: Store;
  sync(sources: string | readonly string[], options?: SyncOptions): Promise<SyncReport>;
}

async function syncedStore(kind: (typeof KINDS)[number]): Promise<Synced> {
  const where: string | Memory = kind === 'on disk' ? prepareStoreDirectory(join(scratch(), 'store'), true) : memory();
  const place = typeof where === 'string' ? { directory: where, blobs: onDisk } : where;
  const catalog = await openRecovered(place, { create: true, readOnly: false });
  const store = await openStore(where);
  onTestFinished(async () => {
    await store.close();
    await catalog.close();
  });
  const target = { directory: place.directory, blobs: place.blobs, catalog };
  return {
    store,
    sync: (sources, options) =>
      syncSources(target, typeof sources === 'string' ? [sources] : sources, { workers: 1, ...options }),
  };
}

/** Text by key; in order, where keys are positions. */
async function contentOf(store: Store): Promise<unknown> {
  if (!store.collections().includes('records')) return {};
  const records = store.collection();
  const texts: string[] = [];
  for await (const { text } of records.scanText()) texts.push(text);
  if (records.stat().key === '(ordinal)') return texts;
  const found: [string, string][] = [];
  for await (const { key, text } of records.rangeText()) found.push([JSON.stringify(key), text]);
  expect(found.map(([, text]) => text).sort()).toEqual(texts.sort());
  return Object.fromEntries(found);
}

async function freshly(sources: string | readonly string[], options: ImportOptions): Promise<unknown> {
  const store = await openStore(memory());
  try {
    await store.import(sources, options);
    return await contentOf(store);
  } catch (error) {
    if ((error as { code?: string }).code === 'SOURCE_EMPTY') return {};
    throw error;
  } finally {
    await store.close();
  }
}

const NAMES = ['a.json', 'b/a.json', 'b/b.json', 'b.json', 'c.ndjson', 'd.jsonl'];
const record = fc.record({ id: fc.integer({ min: 0, max: 12 }), v: fc.integer({ min: 0, max: 99 }) });
const unique = fc.record({ id: fc.integer({ min: 1000, max: 1_000_000_000 }), v: fc.integer({ min: 0, max: 99 }) });

type Step =
  | { readonly what: 'write'; readonly name: string; readonly records: readonly unknown[] }
  | { readonly what: 'append'; readonly name: string; readonly records: readonly unknown[] }
  | { readonly what: 'remove' | 'touch'; readonly name: string };

const stepsOf = (records: fc.Arbitrary<unknown>) => {
  const name = fc.constantFrom(...NAMES);
  const several = fc.array(records, { maxLength: 4 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('write' as const), name, records: several }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('append' as const), name, records: several }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('remove' as const, 'touch' as const), name }) },
  );
  return fc.array(fc.array(step, { maxLength: 3 }), { minLength: 1, maxLength: 6 });
};

const linesOf = (records: readonly unknown[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');

function take(tree: Tree, step: Step, existing: Set<string>): void {
  const { name } = step;
  const hasLines = !name.endsWith('.json');
  if (step.what === 'write') {
    const { records } = step;
    // One record, or an array of them; lines.
    const text = records.length === 1 ? JSON.stringify(records[0]) : JSON.stringify(records);
    tree.write(name, hasLines ? linesOf(records) : text);
    existing.add(name);
  } else if (existing.has(name)) {
    if (step.what === 'append' && hasLines) tree.append(name, linesOf(step.records));
    if (step.what === 'touch') tree.touch(name);
    if (step.what === 'remove') {
      tree.remove(name);
      existing.delete(name);
    }
  }
}

describe.each(KINDS)('%s', (kind) => {
  test.each<[string, fc.Arbitrary<unknown>, SyncOptions]>([
    ['named by their paths', record, {}],
    ['with keys that no two files share', unique, { key: 'id', indexes: ['v'] }],
    ['with keys that files share', record, { key: 'id' }],
    ['with keys that files share, the first record staying', record, { key: 'id', onDuplicate: 'first' }],
    ['cut into spans', unique, { key: 'id', spanBytes: 24 }],
  ])('a folder, %s, is what a fresh import of it would be', async (_, records, options) => {
    await fc.assert(
      fc.asyncProperty(stepsOf(records), async (rounds) => {
        const tree = new Tree();
        const existing = new Set<string>();
        const { store, sync } = await syncedStore(kind);
        for (const steps of rounds) {
          for (const step of steps) take(tree, step, existing);
          await sync(tree.root, options);
          expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
          expect((await store.verify({ workers: 1 })).faults).toEqual([]);
          expect(await sync(tree.root, options)).toEqual({
            ...{ changed: 0, added: 0, removed: 0, unchanged: existing.size, bytesRead: 0 },
          });
        }
      }),
      { numRuns: kind === 'on disk' ? 2 : 12 },
    );
  });

  test('of a folder, only what has changed is read; the rest keeps its records', async () => {
    const tree = new Tree();
    for (let i = 0; i < 1200; i++) tree.write(`${i % 7}/${i}.json`, `{"i":${i}}`);
    const { store, sync } = await syncedStore(kind);
    expect(await sync(tree.root)).toMatchObject({ changed: 0, added: 1200, removed: 0, unchanged: 0 });
    tree.write('3/3.json', '{"i":"three"}');
    tree.write('new.json', '{"i":"new"}');
    tree.remove('4/4.json');
    tree.touch('5/5.json');
    const report = await sync(tree.root);
    expect(report).toMatchObject({ changed: 2, added: 1, removed: 1, unchanged: 1197 });
    expect(report.bytesRead).toBe(
      ['3/3.json', 'new.json', '5/5.json'].reduce((sum, name) => sum + tree.bytes(name), 0),
    );
    const records = store.collection();
    expect(records.stat()).toMatchObject({ records: 1200, dead: 3 });
    expect(['3/3.json', '4/4.json', '5/5.json', 'new.json', '6/6.json'].map((key) => records.getTextSync(key))).toEqual(
      ['{"i":"three"}', undefined, '{"i":5}', '{"i":"new"}', '{"i":6}'],
    );
    tree.remove('6/6.json');
    expect(await sync(tree.root)).toEqual({ changed: 0, added: 0, removed: 1, unchanged: 1199, bytesRead: 0 });
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test.each<[string, SyncOptions]>([
    ['keyed', { key: 'id' }],
    ['without a key', {}],
  ])('a file of lines that grows is read from where it ended, %s', async (_, options) => {
    const tree = new Tree();
    const lines = (from: number, count: number) =>
      linesOf(Array.from({ length: count }, (_, i) => ({ id: from + i, text: 'x'.repeat(50) })));
    tree.write('log.ndjson', lines(0, 2000));
    const { store, sync } = await syncedStore(kind);
    for (const source of [tree.path('log.ndjson'), tree.root]) {
      await sync(source, options);
      let next = 10_000 * (source === tree.root ? 2 : 1);
      for (const count of [3, 400]) {
        const before = tree.bytes('log.ndjson');
        tree.append('log.ndjson', lines(next, count));
        next += count;
        const report = await sync(source, options);
        expect(report).toMatchObject({ changed: 1, added: 0, removed: 0 });
        expect(report.bytesRead).toBe(tree.bytes('log.ndjson') - before);
        expect(await contentOf(store)).toEqual(await freshly(source, options));
      }
      if (options.key === undefined) break;
    }
  });

  test('without a key, a file of lines in a folder goes on with its numbers', async () => {
    const tree = new Tree();
    tree.write('a.json', '1');
    tree.write('log.ndjson', '{"line":"of twenty characters"}\n'.repeat(4000));
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    tree.append('log.ndjson', '{"last":1}\n');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, unchanged: 1, bytesRead: 11 });
    expect(store.collection().getTextSync('log.ndjson#4000')).toBe('{"last":1}');
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });

  test('what looks grown and is another file is read anew', async () => {
    const tree = new Tree();
    const text = (letter: string, count: number) => `{"t":"${letter}"}\n`.repeat(count);
    tree.write('log.ndjson', text('a', 9000));
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    tree.write('log.ndjson', text('a', 4000) + text('b', 6000));
    await sync(tree.root);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
    tree.write('other', text('a', 4000) + text('b', 7000));
    renameSync(tree.path('other'), tree.path('log.ndjson'));
    tree.touch('log.ndjson');
    await sync(tree.root);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });

  test('a bad new version leaves everything as it was; mended, it is taken', async () => {
    const tree = new Tree();
    tree.write('a.json', '1');
    tree.write('b.json', '2');
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    const before = store.stat().generation;
    tree.write('a.json', '{"cut');
    tree.remove('b.json');
    expect(await errorOf(sync(tree.root))).toMatchObject({ code: 'BAD_RECORD', file: tree.path('a.json') });
    expect(store.stat().generation).toBe(before);
    expect(await contentOf(store)).toEqual({ '"a.json"': '1', '"b.json"': '2' });
    tree.write('a.json', '3');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, removed: 1 });
    expect(await contentOf(store)).toEqual({ '"a.json"': '3' });
    rmSync(tree.root, { recursive: true });
    expect(await errorOf(sync(tree.root))).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  test('records that came otherwise stay', async () => {
    const tree = new Tree();
    for (const name of ['a', 'b', 'c']) tree.write(`${name}.json`, `{"id":"${name}"}`);
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root, { key: 'id' });
    await store.transaction((tx) => {
      const records = tx.collection('records');
      records.put({ id: 'mine' });
      records.put({ id: 'b', changed: true });
    });
    tree.write('a.json', '{"id":"A"}');
    tree.remove('c.json');
    await sync(tree.root, { key: 'id' });
    expect(await contentOf(store)).toEqual({
      ...{ '"A"': '{"id":"A"}', '"b"': '{"id":"b","changed":true}', '"mine"': '{"id":"mine"}' },
    });
    // With other rules all is read again, and what was put stays where no file has it.
    await sync(tree.root, { key: 'id', onBadRecord: 'skip' });
    expect(await contentOf(store)).toEqual({
      ...{ '"A"': '{"id":"A"}', '"b"': '{"id":"b"}', '"mine"': '{"id":"mine"}' },
    });
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test('an import leaves what a synchronisation goes on from', async () => {
    const tree = new Tree();
    for (let i = 0; i < 20; i++) tree.write(`${i}.json`, `[${i}]`);
    const { store, sync } = await syncedStore(kind);
    await store.import(tree.root, { workers: 1 });
    tree.write('7.json', '["seven",7]');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, added: 0, removed: 0, unchanged: 19 });
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });
});
