// Goal: a store that hides its keys gives the same records as a plain one, whatever is done to both: keys of all types and
// spellings, composite, positional and long ones, imports in all modes, transactions, indexes made and dropped, compactions
// and repairs.
// Method: random steps on both stores side by side, then every lookup there is that needs no order, and verification.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeyPart, type KeyPath, type KeyValue, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { KEY_FORMS, type KeyForm, keyOf, optionsOf } from '../support/hidden-store.js';
import { makeDirectory } from '../support/import-files.js';
import { KEYS } from '../support/store-model.js';

const long = 'l'.repeat(1895);
/** Values as spelled, and as they are asked for; the last ones are longer than keys may be. */
const VALUES = [
  ...KEYS.flatMap(({ value, spelled }) => spelled.map((text) => ({ value, text }))),
  ...['', 'abc', 'abcdefgh', 'abcdefgi\u0000'].map((end) => ({ value: long + end, text: JSON.stringify(long + end) })),
];
const FIRST_LONG = VALUES.length - 4;
const INDEXES = ['tags', ['tags', 'at.b'], '/at/0', 'at.b', ['id', 'tags']] as const;
const asked = VALUES.map(({ value }) => value as KeyPart);

interface Draft {
  readonly id: number;
  readonly tags: readonly number[];
  readonly at: readonly number[];
  readonly isObject: boolean;
  readonly n: number;
}

const anyDraft: fc.Arbitrary<Draft> = fc.record({
  id: fc.integer({ min: 1, max: FIRST_LONG - 1 }),
  tags: fc.array(fc.nat(VALUES.length - 1), { maxLength: 3 }),
  at: fc.array(fc.nat(VALUES.length - 1), { maxLength: 2 }),
  isObject: fc.boolean(),
  n: fc.nat(9),
});
const mode = fc.constantFrom('replace' as const, 'upsert' as const, 'insert' as const);
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      mode,
      drafts: fc.array(anyDraft, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      drafts: fc.array(anyDraft, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('patch' as const, 'delete' as const),
      id: anyDraft.map(({ id }) => id),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('add' as const, 'drop' as const), index: fc.constantFrom(...INDEXES) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('compact' as const, 'reopen' as const, 'rename' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('catalog' as const, 'shards' as const) }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

function textOf({ id, tags, at, isObject, n }: Draft): string {
  const spelled = (list: readonly number[]) => list.map((i) => VALUES[i]!.text).join(',');
  const b = isObject ? `{"b":[[${spelled(at)}]]}` : `[${spelled(at)}]`;
  return `{"tags":[${spelled(tags)}],"id":${VALUES[id]!.text},"at":${b},"n":${n}}`;
}

/** One of the two stores. */
class One {
  name = 'c';
  store!: Store;

  constructor(
    readonly form: KeyForm,
    readonly directory: string,
  ) {}

  async open(): Promise<void> {
    this.store = await openStore(this.directory, optionsOf(this.form));
  }

  /** @returns what came of it: both stores must say the same */
  async take(step: Step): Promise<unknown> {
    const { store, name } = this;
    try {
      switch (step.do) {
        case 'import': {
          const source = Buffer.from(step.drafts.map(textOf).join('\n'));
          const options = { collection: name, key: 'id', layout: 'ndjson', workers: 1 } as const;
          const {
            indexes: _,
            seconds: __,
            ...report
          } = await store.import(source, {
            ...options,
            mode: step.mode,
            // In which order edits are made again is no promise (kept-edits.test.ts).
            ...(step.mode === 'replace' && { indexes: ['tags'], changes: 'drop' as const }),
          });
          return report.records;
        }
        case 'put':
          return await store.transaction((tx) =>
            step.drafts.map((draft) => tx.collection(name).putText(textOf(draft))),
          );
        case 'patch':
          return await store.collection(name).patchText(asked[step.id]!, '{"tags":["a",1.0],"n":77}');
        case 'delete':
          return await store.collection(name).delete(asked[step.id]!);
        case 'add':
          return (await store.createIndex(name, step.index as KeyPath)).created;
        case 'drop':
          return await store.dropIndex(name, step.index as KeyPath);
        case 'compact':
          return (await store.compact()).records;
        case 'rename':
          this.name = name === 'c' ? 'd' : 'c';
          return await store.rename(name, this.name);
        default:
          await store.close();
          if (step.do !== 'reopen') {
            if (step.do === 'shards') await this.#compacted();
            await repairStore(this.directory, { workers: 1, ...keyOf(this.form) });
          }
          await this.open();
          return await this.#named();
      }
    } catch (error) {
      return (error as { code?: string }).code ?? error;
    }
  }

  /** Shards know neither the collections without records nor their new names. */
  async #named(): Promise<string> {
    const [name] = this.store.collections();
    this.name = name ?? 'c';
    if (name === undefined) await this.create();
    return this.name;
  }

  async create(): Promise<void> {
    await this.store.transaction((tx) => void tx.createCollection('c', { key: 'id', indexes: ['tags'] }));
  }

  /** The index is lost: what is in shards stays, so all of it is put there first. */
  async #compacted(): Promise<void> {
    const store = await openStore(this.directory, optionsOf(this.form));
    await store.compact();
    await store.close();
    rmSync(join(this.directory, 'index'), { recursive: true });
  }
}

async function textsOf(rows: AsyncIterable<{ text: string; key: KeyValue; primaryKey: KeyValue }>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { text, key, primaryKey } of rows) found.push([text, key, primaryKey]);
  return found;
}

/** All that can be asked without an order. */
async function contentOf({ store, name }: One): Promise<unknown> {
  const collection = store.collection(name);
  const indexes = collection.stat().indexes.slice(1);
  const byIndex: unknown[] = [];
  for (const { path } of indexes) {
    const values =
      typeof path === 'string'
        ? asked
        : asked.flatMap((a) => [
            [a, 'a'],
            ['a', a],
            [a, a],
          ]);
    for (const value of values) {
      const texts = await textsOf(collection.findText(path, value));
      byIndex.push(texts, texts.length);
      expect(collection.count({ index: path, gte: value, lte: value })).toBe(texts.length);
    }
  }
  const scanned: unknown[] = [];
  for await (const { text } of collection.scanText()) scanned.push(text);
  const keys = asked.slice(0, FIRST_LONG);
  return {
    gets: keys.map((key) => [collection.getTextSync(key), collection.has(key)]),
    paths: indexes.map(({ path }) => path),
    ...{ byIndex, scanned, many: await collection.getMany(keys), count: collection.count() },
  };
}

test('whatever is done to both, they hold the same', { timeout: 400_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 3, maxLength: 9 }), async (steps) => {
      const directory = makeDirectory();
      const both = KEY_FORMS.map((form) => new One(form, join(directory.path, form)));
      const [plain, hidden] = both as [One, One];
      try {
        for (const one of both) {
          await one.open();
          await one.create();
        }
        for (const step of steps) {
          expect(await hidden.take(step)).toEqual(await plain.take(step));
          expect(await contentOf(hidden)).toEqual(await contentOf(plain));
        }
        expect((await hidden.store.verify({ workers: 1 })).faults).toEqual([]);
      } finally {
        for (const { store } of both) await store.close();
        directory.remove();
      }
    }),
    { numRuns: runs(12), interruptAfterTimeLimit: 350_000 },
  );
});
