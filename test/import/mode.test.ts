// Goal: an import without a mode never removes records that another source brought, and the error says how to go on; it
// replaces what imports of its own sources made, whatever transactions, synchronisations and compactions came between.
// Method: random sequences of imports, transactions and upkeep, beside a model that knows for each record what brought it.

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, makeDirectory } from '../support/import-files.js';
import { withoutImportMode } from '../support/import-mode.js';

type Name = 'a' | 'b';
type Step =
  | { readonly import: readonly Name[]; readonly mode?: 'replace' | 'upsert' }
  | { readonly put: number }
  | 'compact'
  | 'clear';

const IDS: Readonly<Record<Name, readonly number[]>> = { a: [1, 2, 3], b: [3, 4] };
const linesOf = (ids: readonly number[]) => ids.map((id) => `{"id":${id}}\n`).join('');

/** What brought each live record, and the sources that the store knows the collection by. */
class Model {
  readonly origins = new Map<number, string>();
  noted: readonly Name[] | undefined;
  isEmpty = true;
  #imports = 0;

  refuses(names: readonly Name[]): boolean {
    if (this.origins.size === 0) return false;
    const isNoted = this.noted?.every((name) => names.includes(name)) === true;
    const brought = [...this.origins.values()].filter((origin) => origin !== 'transaction');
    return !isNoted || brought.some((origin) => origin !== 'noted');
  }

  import(names: readonly Name[], isReplaced: boolean): void {
    const isAll = isReplaced || this.isEmpty;
    if (isAll) {
      this.noted = names;
      for (const [id, origin] of this.origins) if (origin !== 'transaction') this.origins.delete(id);
    }
    const origin = isAll ? 'noted' : `import ${++this.#imports}`;
    for (const id of names.flatMap((name) => IDS[name])) {
      if (!isReplaced || this.origins.get(id) !== 'transaction') this.origins.set(id, origin);
    }
    this.isEmpty = false;
  }
}

const names = fc.constantFrom<readonly Name[]>(['a'], ['b'], ['a', 'b']);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ import: names, mode: fc.constantFrom(undefined, 'replace', 'upsert') }) },
    { weight: 2, arbitrary: fc.record({ put: fc.integer({ min: 1, max: 6 }) }) },
    fc.constantFrom('compact', 'clear'),
  ),
  { maxLength: 8 },
) as fc.Arbitrary<readonly Step[]>;

async function idsOf(store: Store): Promise<number[]> {
  const ids: number[] = [];
  if (!store.collections().includes('records')) return ids;
  for await (const { value } of store.collection<{ id: number }>().scan()) ids.push(value.id);
  return ids.sort();
}

withoutImportMode();

describe('an import without a mode', () => {
  test('is refused exactly where records of other sources would go', async () => {
    const folder = makeDirectory();
    const files = {
      a: fileWith(linesOf(IDS.a), 'a.ndjson', folder.path),
      b: fileWith(linesOf(IDS.b), 'b.ndjson', folder.path),
    };
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const model = new Model();
        const store = await openStore(memory());
        for (const step of all) {
          if (step === 'compact') await store.compact({ full: true });
          else if (step === 'clear') {
            if (model.isEmpty) continue;
            await store.clear('records');
            Object.assign(model, { noted: undefined, isEmpty: true });
            model.origins.clear();
          } else if ('put' in step) {
            // Not into a collection that is not there: it would have no key.
            if (!store.collections().includes('records')) continue;
            await store.transaction((tx) => tx.collection('records').put({ id: step.put }));
            model.origins.set(step.put, 'transaction');
            model.isEmpty = false;
          } else {
            const { mode } = step;
            const sources = step.import.map((name) => files[name]);
            const before = await idsOf(store);
            if (mode === undefined && model.refuses(step.import)) {
              const error = await errorOf(store.import(sources, { key: 'id' }));
              expect(error).toMatchObject({ code: 'MODE_NEEDED' });
              for (const named of ['replace', 'upsert', 'insert']) expect(error.message).toContain(`mode: '${named}'`);
              expect(await idsOf(store)).toEqual(before);
            } else {
              await store.import(sources, { key: 'id', mode });
              model.import(step.import, mode !== 'upsert');
              expect(await idsOf(store)).toEqual([...model.origins.keys()].sort());
            }
          }
        }
        await store.close();
      }),
      { numRuns: runs(60) },
    );
    folder.remove();
  });

  test('replaces what a synchronisation of its sources made, without records of files that went', async () => {
    const folder = makeDirectory();
    const store = await openStore(join(folder.path, 'store'));
    fileWith('{"id":1}', 'one.json', folder.path);
    const two = fileWith('{"id":2}', 'two.json', folder.path);
    const documents = { key: 'id', include: ['*.json'], exclude: ['store'], workers: 1 } as const;
    const watcher = await store.watch(folder.path, documents);
    await watcher.close();
    const { rm } = await import('node:fs/promises');
    await rm(two);
    const again = await store.watch(folder.path, documents);
    await again.close();
    expect(await idsOf(store)).toEqual([1]);
    await store.import(folder.path, documents);
    expect(await errorOf(store.import(join(folder.path, 'one.json'), { key: 'id', workers: 1 }))).toMatchObject({
      code: 'MODE_NEEDED',
    });
    await store.close();
    folder.remove();
  });

  test('is refused after a stream, which nothing is known by, and where only transactions put records', async () => {
    const store = await openStore(memory());
    await store.import(new Blob(['{"id":1}']), { key: 'id' });
    expect(await errorOf(store.import(new Blob(['{"id":2}']), { key: 'id' }))).toMatchObject({ code: 'MODE_NEEDED' });
    await store.transaction((tx) => tx.createCollection('own', { key: 'id' }).put({ id: 1 }));
    const given = { collection: 'own', key: 'id' } as const;
    expect(await errorOf(store.import(new Blob(['{"id":2}']), given))).toMatchObject({ code: 'MODE_NEEDED' });
    await store.close();
  });
});
