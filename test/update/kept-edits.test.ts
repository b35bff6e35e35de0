// Goal: an import never undoes without a word what transactions changed: whatever is put, patched and deleted between imports,
// in whatever order, comes out as the same operations on the new records give.
// Method: random sequences of transactions, imports, compactions and reopenings, and beside them the operations themselves,
// done again on plain objects with a merge patch of RFC 7396's own pseudocode.
// @encrypted: its stores are made with the options of the environment

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { optionsOf } from '../support/hidden-store.js';
import { makeDirectory } from '../support/import-files.js';

type Row = { readonly id: number; readonly [name: string]: unknown };
type Operation = { readonly put: Row } | { readonly patch: object } | 'delete';

/** RFC 7396, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

/** A collection as it must be: its records, and for each key that was changed what was done to it since an import gave it. */
class Expected {
  rows = new Map<number, unknown>();
  readonly done = new Map<number, { readonly isImported: boolean; operations: Operation[] }>();
  #imported = new Set<number>();

  change(id: number, operation: Operation): void {
    if (operation !== 'delete' && 'patch' in operation && !this.rows.has(id)) return;
    if (operation === 'delete' && !this.rows.has(id)) return;
    const known = this.done.get(id) ?? { isImported: this.#imported.has(id), operations: [] };
    known.operations.push(operation);
    this.done.set(id, known);
    this.#apply(id, operation);
    if (operation === 'delete' && !known.isImported) this.done.delete(id);
  }

  replace(rows: readonly Row[], changes: 'keep' | 'drop'): void {
    const before = this.rows;
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.#imported = new Set(this.rows.keys());
    if (changes === 'drop') {
      this.done.clear();
      return;
    }
    for (const [id, { operations }] of [...this.done]) {
      const edited = before.get(id);
      const isImported = this.#imported.has(id);
      const isGone = edited === undefined;
      // It is not there any more, so nothing has to be done again: it may come back.
      if (isGone && !isImported) continue;
      const from = operations.findLastIndex((one) => one === 'delete' || 'put' in one);
      const again: Operation[] =
        from === -1 && !isImported ? [{ put: edited as Row }] : operations.slice(Math.max(from, 0));
      this.done.set(id, { isImported, operations: again });
      for (const operation of again) this.#apply(id, operation);
    }
  }

  upsert(rows: readonly Row[]): void {
    for (const row of new Map(rows.map((one) => [one.id, one])).values()) {
      this.rows.set(row.id, row);
      this.done.delete(row.id);
      this.#imported.add(row.id);
    }
  }

  #apply(id: number, operation: Operation): void {
    if (operation === 'delete') this.rows.delete(id);
    else if ('put' in operation) this.rows.set(id, operation.put);
    else this.rows.set(id, merged(this.rows.get(id), operation.patch));
  }
}

const anyId = fc.integer({ min: 0, max: 7 });
const anyValue = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constant({ a: 1 }),
  fc.constant({ b: { c: 2 } }),
  fc.constant([1]),
);
const anyRow = fc.record({ id: anyId, x: anyValue, y: anyValue });
const anyPatch = fc.dictionary(
  fc.constantFrom('x', 'y'),
  fc.oneof(anyValue, fc.constant(null), fc.constant({ a: null })),
);
const anyChange = fc.oneof(
  fc.record({ id: anyId, operation: fc.record({ put: anyRow }) }),
  fc.record({ id: anyId, operation: fc.record({ patch: anyPatch }) }),
  fc.record({ id: anyId, operation: fc.constant('delete' as const) }),
);
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ changes: fc.array(anyChange, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ replace: fc.array(anyRow, { maxLength: 8 }), changes: fc.constantFrom('keep', 'drop') }),
  },
  { weight: 1, arbitrary: fc.record({ upsert: fc.array(anyRow, { maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constantFrom('compact' as const, 'reopen' as const) },
);

async function held(store: Store): Promise<Map<number, unknown>> {
  const found = new Map<number, unknown>();
  if (!store.collections().includes('c')) return found;
  for await (const { value } of store.collection('c').scan()) found.set((value as Row).id, value);
  return found;
}

const OPTIONS = { collection: 'c', key: 'id', indexes: ['x'], allowEmpty: true } as const;
const lines = (rows: readonly Row[]): Uint8Array => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

describe('what transactions changed', () => {
  test.each(['on disk', 'on disk with hidden keys', 'in memory'])(
    'is done again to what a replacing import brings, %s',
    async (where) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 2, maxLength: 12 }), async (steps) => {
          const directory = makeDirectory();
          const place = where === 'in memory' ? memory() : join(directory.path, 'store');
          const options = optionsOf(where === 'on disk with hidden keys' ? 'hidden' : 'plain');
          let store = await openStore(place, options);
          try {
            const expected = new Expected();
            expected.upsert([{ id: 0, x: 0 }]);
            await store.import([{ id: 0, x: 0 }], OPTIONS);
            for (const step of steps) {
              if (step === 'compact') await store.compact();
              else if (step === 'reopen') {
                await store.close();
                store = await openStore(place, options);
              } else if ('upsert' in step) {
                expected.upsert(step.upsert);
                await store.import(lines(step.upsert), { ...OPTIONS, mode: 'upsert', layout: 'ndjson' });
              } else if ('replace' in step) {
                const changes = step.changes as 'keep' | 'drop';
                expected.replace(step.replace, changes);
                await store.import(lines(step.replace), { ...OPTIONS, changes, layout: 'ndjson' });
              } else {
                await store.transaction((tx) => {
                  const collection = tx.collection('c');
                  for (const { id, operation } of step.changes) {
                    const row = { ...(typeof operation === 'object' && 'put' in operation ? operation.put : {}), id };
                    const done = typeof operation === 'object' && 'put' in operation ? { put: row } : operation;
                    expected.change(id, done);
                    if (done === 'delete') collection.delete(id);
                    else if ('put' in done) collection.put(done.put);
                    else collection.patch(id, done.patch);
                  }
                });
              }
              expect(await held(store)).toEqual(expected.rows);
            }
            expect((await store.verify()).faults).toEqual([]);
          } finally {
            await store.close();
            directory.remove();
          }
        }),
        { numRuns: runs(where === 'in memory' ? 20 : 12) },
      );
    },
  );
});
