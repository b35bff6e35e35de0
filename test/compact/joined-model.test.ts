// Goal: whatever small imports, puts, deletes, compactions, kills and repairs come one after another, a store whose shards are
// joined holds what a Map does.
// Method: random sequences of them with a Map beside; a compaction in a process that is killed at each step; an index removed
// and made again from the shards.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { all } from '../support/dropped-shards.js';
import { partOf, runs } from '../support/effort.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { compactWith, expectSound, shardFiles, smallImports, textOf } from '../support/joined.js';
import { textsOf } from '../support/rows.js';

const KEYS = 12;
const TAGS = [0, 1, 2];

const anyIds = fc.uniqueArray(fc.nat(KEYS - 1), { minLength: 1, maxLength: 4 });
type Step =
  | { readonly do: 'upsert' | 'insert' | 'put' | 'delete'; readonly ids: readonly number[] }
  | { readonly do: 'compact'; readonly minDeadShare: number; readonly joinBytes: number }
  | { readonly do: 'repair'; readonly from: 'catalog' | 'shards' };
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('upsert' as const, 'insert' as const, 'put' as const), ids: anyIds }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), ids: anyIds }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      minDeadShare: fc.constantFrom(0, 0.25, 0.9),
      // Of a record or two; of some; of all.
      joinBytes: fc.constantFrom(0, 80, 300, 4 << 20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('repair' as const),
      from: fc.constantFrom('catalog' as const, 'shards' as const),
    }),
  },
);

class Run {
  readonly #texts = new Map<number, string>();
  readonly #directory: string;
  readonly #sources: string;
  #store: Store;
  #edition = 0;
  joined = 0;

  private constructor(directory: string, sources: string, store: Store) {
    this.#directory = directory;
    this.#sources = sources;
    this.#store = store;
  }

  static async begin(path: string): Promise<Run> {
    const directory = join(path, 'store');
    const run = new Run(directory, path, await openStore(directory, { hotSet: false }));
    await run.step({ do: 'upsert', ids: [0] });
    await run.step({ do: 'upsert', ids: [1, 2] });
    return run;
  }

  async step(step: Step): Promise<void> {
    if (step.do === 'compact') {
      const { do: _, ...options } = step;
      this.joined += (await this.#store.compact(options)).joined.files;
    } else if (step.do === 'repair') await this.#repair(step.from);
    else if (step.do === 'delete') {
      await this.#store.transaction((tx) => {
        for (const id of step.ids) {
          tx.collection('records').delete(id);
          this.#texts.delete(id);
        }
      });
    } else await this.#bring(step.do, step.ids);
  }

  async #bring(how: 'upsert' | 'insert' | 'put', ids: readonly number[]): Promise<void> {
    const edition = ++this.#edition;
    const texts = ids.map((id) => textOf(id, edition));
    if (how === 'put') {
      await this.#store.transaction((tx) => {
        for (const text of texts) tx.collection('records').putText(text);
      });
    } else {
      const source = fileWith(texts.join('\n'), 'source.ndjson', this.#sources);
      const options = {
        key: 'id',
        indexes: ['tag'],
        mode: how,
        onDuplicate: 'first',
        layout: 'ndjson',
        workers: 1,
      } as const;
      await this.#store.import(source, options);
    }
    ids.forEach((id, i) => {
      if (how !== 'insert' || !this.#texts.has(id)) this.#texts.set(id, texts[i]!);
    });
  }

  /** Without the catalog, only what compaction has settled is known: the others come back, or are gone. */
  async #repair(from: 'catalog' | 'shards'): Promise<void> {
    if (from === 'shards') await this.step({ do: 'compact', minDeadShare: 0, joinBytes: 4 << 20 });
    await this.#store.close();
    if (from === 'shards') rmSync(join(this.#directory, 'index'), { recursive: true });
    const report = await repairStore(this.#directory, { workers: 1 });
    expect(report).toMatchObject({ from, lost: [] });
    this.#store = await openStore(this.#directory, { hotSet: false });
  }

  async check(): Promise<void> {
    const texts = [...this.#texts.values()].sort();
    const records = this.#store.collection('records');
    expect((await all(records.scanText(), ({ text }) => text)).sort()).toEqual(texts);
    for (let id = 0; id < KEYS; id++) expect(records.getTextSync(id)).toBe(this.#texts.get(id));
    for (const tag of TAGS) {
      const tagged = texts.filter((text) => JSON.parse(text).tag === tag);
      expect((await all(textsOf(records.findText('tag', tag)), (text) => text)).sort()).toEqual(tagged);
    }
    expect((await this.#store.verify({ workers: 1 })).faults).toEqual([]);
    const { files, shards } = records.stat();
    expect(files).toBeLessThanOrEqual(shards);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

test('a store of joined shards holds what a Map does', { timeout: 240_000 }, async () => {
  let joined = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 14 }), async (steps) => {
      const { path, remove } = makeDirectory();
      const run = await Run.begin(path);
      try {
        for (const step of [...steps, { do: 'repair', from: 'shards' } as const]) {
          await run.step(step);
          await run.check();
        }
        joined += run.joined;
      } finally {
        await run.close();
        remove();
      }
    }),
    { numRuns: runs(6), interruptAfterTimeLimit: 200_000 },
  );
  expect(joined).toBeGreaterThanOrEqual(runs(6));
});

const POINTS = ['rewrite', 'join', 'publish'].map((point) => `compact.${point}`);

const LATER = ['garbage.collect', 'garbage.unlink', 'garbage.forget'];

test.each(partOf([...POINTS, 'shard.write', 'catalog.commit', 'catalog.committed', ...LATER]))(
  'a join that is killed at %s has changed nothing that is read, and the next one ends it',
  async (point) => {
    const directory = scratch();
    const store = await openStore(directory, { hotSet: false });
    const texts = await smallImports(store, 6, { indexes: [] });
    await store.collection('records').putText(textOf(100));
    texts.push(textOf(100));
    await store.close();
    expect(compactWith(directory, `${point}=kill`).signal).toBe('SIGKILL');
    const again = await openStore(directory, { hotSet: false });
    for (const state of ['killed', 'compacted']) {
      if (state === 'compacted') await again.compact();
      expect(await all(again.collection().scanText(), ({ text }) => text)).toEqual(texts);
      for (const text of texts) expect(again.collection().getTextSync(JSON.parse(text).id)).toBe(text);
      await expectSound(again);
    }
    expect(shardFiles(directory)).toHaveLength(1);
    await again.close();
  },
);

test.each(partOf(POINTS))('a join that fails at %s leaves no file', async (point) => {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  await smallImports(store, 3);
  await store.close();
  const before = shardFiles(directory);
  expect(compactWith(directory, `${point}=error`).status).not.toBe(0);
  expect(shardFiles(directory)).toEqual(before);
});
