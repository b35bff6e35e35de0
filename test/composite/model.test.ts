// Goal: a collection with composite keys holds, after any changes, what a Map of its records holds, and gives it in the
// order of the components. Method: random imports, transactions and compactions; a Map whose keys are positions in a list
// of values that is in order (support/composites.ts); every way to read, on disk and in memory, with a record cache and
// without.

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Collection, memory, openStore, type RangeOptions, type Store } from '../../dist/src/index.js';
import {
  beginsWith,
  COMPOSITE,
  compareNumbers,
  keysAtCA,
  type Numbers,
  partsOf,
  type Row,
  rowText,
} from '../support/composites.js';
import { runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { valuesOf } from '../support/rows.js';
import { KEYS } from '../support/store-model.js';

interface Known {
  readonly n: number;
}

type Step =
  | { readonly kind: 'replace' | 'upsert' | 'insert' | 'put'; readonly rows: readonly Row[] }
  | { readonly kind: 'patch'; readonly key: Numbers; readonly b: number }
  | { readonly kind: 'delete'; readonly key: Numbers }
  | { readonly kind: 'compact' | 'reopen' };

// Null is no primary key. Few values, so that keys meet.
const part = fc.integer({ min: 1, max: KEYS.length - 1 });
const fewParts = fc.constantFrom(1, 3, 5, 9, 12, 13);
const key = fc.tuple(fewParts, fewParts);
const row = fc.record({ a: fewParts, b: fc.oneof(fewParts, part), c: fc.array(fc.constantFrom(0, 4, 9, 12)) });
const someRows = fc.array(row, { minLength: 1, maxLength: 12 });
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('replace' as const, 'upsert' as const, 'insert' as const), rows: someRows }),
  fc.record({ kind: fc.constant('put' as const), rows: someRows }),
  fc.record({ kind: fc.constant('patch' as const), key, b: fewParts }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constantFrom('compact' as const, 'reopen' as const) }),
);
const bounds = fc.array(part, { minLength: 1, maxLength: 2 });
const range = fc.record(
  { low: bounds, high: bounds, isLowIn: fc.boolean(), isHighIn: fc.boolean(), reverse: fc.boolean() },
  { requiredKeys: ['isLowIn', 'isHighIn', 'reverse'] },
);

/** By the text of its key, in the order of the last change. */
type Model = Map<string, Row>;
const idOf = (numbers: Numbers): string => numbers.join(' ');

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

class Tried {
  readonly model: Model = new Map();
  #next = 0;

  constructor(
    readonly where: Parameters<typeof openStore>[0],
    readonly options: object,
    public store: Store,
  ) {}

  get collection(): Collection<Known> {
    return this.store.collection<Known>('records');
  }

  async run(step: Step): Promise<void> {
    if ('rows' in step) await this.#write(step.kind, this.#numbered(step.rows));
    else if (step.kind === 'compact') await this.store.compact({ minDeadShare: 0 });
    else if (step.kind === 'patch') await this.#patch(step.key, step.b);
    else if (step.kind === 'delete') {
      expect(await this.collection.delete(partsOf(step.key))).toBe(this.model.delete(idOf(step.key)));
    } else if (typeof this.where === 'string') {
      await this.store.close();
      this.store = await openStore(this.where, this.options);
    }
  }

  #numbered(rows: readonly Omit<Row, 'n'>[]): Row[] {
    return rows.map((one) => ({ ...one, n: this.#next++ }));
  }

  async #write(kind: 'replace' | 'upsert' | 'insert' | 'put', rows: readonly Row[]): Promise<void> {
    if (kind === 'replace') this.model.clear();
    const before = new Set(this.model.keys());
    for (const one of rows) {
      const id = idOf([one.a, one.b]);
      if (kind === 'insert' && (before.has(id) || this.model.has(id))) continue;
      this.model.delete(id);
      this.model.set(id, one);
    }
    if (kind === 'put') {
      await this.store.transaction((transaction) => {
        const collection = transaction.collection<Known>('records');
        for (const [i, one] of rows.entries()) {
          // What JSON.parse may round is put as text.
          const made = partsOf([one.a, one.b]);
          const isSafe = i % 2 === 0 && [...made, ...partsOf(one.c)].every((value) => typeof value !== 'bigint');
          const put = isSafe ? collection.put(JSON.parse(rowText(one)) as Known) : collection.putText(rowText(one));
          expect(put).toEqual(made);
          expect(collection.get(made)).toMatchObject({ n: one.n });
        }
      });
      return;
    }
    const source = fileWith(rows.map(rowText).join('\n'), 'rows.ndjson');
    await this.store.import(source, {
      ...COMPOSITE,
      mode: kind,
      changes: 'drop',
      workers: 1,
      ...(kind === 'insert' && { onDuplicate: 'first' }),
    });
  }

  /** Moves the record to another key. */
  async #patch(numbers: Numbers, b: number): Promise<void> {
    const [a = 0] = numbers;
    const found = this.model.get(idOf(numbers));
    const changes = `{"b":${KEYS[b]!.spelled[0]}}`;
    expect(await this.collection.patchText(partsOf(numbers), changes)).toBe(found !== undefined);
    if (found === undefined) return;
    this.model.delete(idOf(numbers));
    this.model.delete(idOf([a, b]));
    this.model.set(idOf([a, b]), { ...found, b });
  }

  /** Reads everything by key. */
  async compare(): Promise<void> {
    const { collection, model } = this;
    expect(collection.count()).toBe(model.size);
    const asked = [1, 3, 5, 9, 12, 13, 15].flatMap((a) => Array.from(KEYS.keys(), (b) => [a, b]));
    const expected = asked.map((numbers) => model.get(idOf(numbers))?.n);
    const keys = asked.map(partsOf);
    expect(keys.map((one) => collection.getSync(one)?.n)).toEqual(expected);
    expect((await collection.getMany(keys)).map((one) => one?.n)).toEqual(expected);
    expect(keys.map((one) => collection.has(one))).toEqual(expected.map((n) => n !== undefined));
    const one = keys.find((_, i) => expected[i] !== undefined);
    if (one !== undefined) expect((await collection.get(one))?.n).toBe(collection.getSync(one)?.n);
  }

  async compareRange(given: typeof range extends fc.Arbitrary<infer Range> ? Range : never, prefix: Numbers) {
    const { low, high, isLowIn, isHighIn, reverse } = given;
    const options = {
      reverse,
      ...(low && { [isLowIn ? 'gte' : 'gt']: partsOf(low) }),
      ...(high && { [isHighIn ? 'lte' : 'lt']: partsOf(high) }),
    };
    const isWithin = (numbers: Numbers): boolean => {
      const [above, below] = [low ? compareNumbers(numbers, low) : 1, high ? compareNumbers(numbers, high) : -1];
      return (above > 0 || (above === 0 && isLowIn)) && (below < 0 || (below === 0 && isHighIn));
    };
    const isPrefixed = (numbers: Numbers): boolean => beginsWith(numbers, prefix);
    for (const index of [undefined, ['c', 'a']] as const) {
      await this.#compareWith({ ...options, index }, index !== undefined, isWithin, reverse);
      await this.#compareWith({ prefix: partsOf(prefix), index, reverse }, index !== undefined, isPrefixed, reverse);
    }
  }

  async #compareWith(options: RangeOptions, isSecondary: boolean, isIn: (key: Numbers) => boolean, reverse: boolean) {
    const entries = [...this.model.values()].flatMap((one) => {
      const keys = isSecondary ? keysAtCA(one) : [[one.a, one.b]];
      return keys.map((numbers) => ({ numbers, n: one.n }));
    });
    const sign = reverse ? -1 : 1;
    const expected = entries
      .filter(({ numbers }) => isIn(numbers))
      .sort((left, right) => sign * compareNumbers(left.numbers, right.numbers) || left.n - right.n)
      .map(({ numbers, n }) => ({ key: partsOf(numbers), n }));
    const found = (await all(this.collection.range(options))).map(({ key, value }) => ({ key, n: value.n }));
    // Records of one key of a secondary index come in source order, which others test.
    expect(found.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
    const byNumber = (list: readonly { n: number }[]) => list.map(({ n }) => n).sort((left, right) => left - right);
    expect(byNumber(found)).toEqual(byNumber(expected));
  }

  async compareFind(numbers: Numbers): Promise<void> {
    const found = (await all(valuesOf(this.collection.find(['c', 'a'], partsOf(numbers))))).map(({ n }) => n);
    const has = (one: Row): boolean => keysAtCA(one).some((key) => compareNumbers(key, numbers) === 0);
    const expected = [...this.model.values()].filter(has).map(({ n }) => n);
    expect(found.sort((left, right) => left - right)).toEqual(expected.sort((left, right) => left - right));
  }
}

test.each([
  ['on disk', { recordCacheBytes: 0 }],
  ['on disk, with a record cache', { recordCacheBytes: 1_000_000 }],
  ['in memory', { recordCacheBytes: 1_000_000, recordValues: 'cloned' as const }],
])('%s: any changes leave what a Map would have', async (place, options) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), range, bounds, async (steps, asked, prefix) => {
      const where = place === 'in memory' ? memory() : join(scratch(), 'store');
      const tried = new Tried(where, options, await openStore(where, options));
      try {
        const first = { a: 1, b: 3, c: [0, 9, 9] };
        for (const one of [{ kind: 'replace', rows: [first] } as unknown as Step, ...(steps as Step[])]) {
          await tried.run(one);
          await tried.compare();
        }
        await tried.compareRange(asked, prefix);
        for (const numbers of [
          [0, 1],
          [9, 1],
          [4, 3],
        ])
          await tried.compareFind(numbers);
        if (place !== 'in memory') expect(await tried.store.verify({ workers: 1 })).toMatchObject({ faults: [] });
      } finally {
        await tried.store.close();
      }
    }),
    { numRuns: runs(12) },
  );
});
