// Goal: a handle gives each record in its own form, whichever way it is read, whatever else has read it before, and takes it back so.
// Method: every way of reading, of stores, served states, snapshots and transactions, with and without a record cache, against
// records parsed by lossless-json.
// @node all: JSON.parse differs

import fc from 'fast-check';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import {
  type Collection,
  type KeyValue,
  memory,
  openStore,
  type Row,
  type Store,
  type StoreOptions,
  type TransactionCollection,
  type ValueOptions,
} from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import {
  codec,
  DATE,
  exact,
  filled,
  type Order,
  READS,
  type Readable,
  type Stored,
  TEXTS,
  valuesOf,
} from '../support/value-forms.js';

interface Form {
  readonly options: ValueOptions<Order, Stored> | undefined;
  readonly of: (text: string) => unknown;
}
const FORMS: Readonly<Record<string, Form>> = {
  'without options': { options: undefined, of: (text) => JSON.parse(text) },
  'of numbers': { options: { unsafeIntegers: 'number' }, of: (text) => JSON.parse(text) },
  'of bigints': { options: { unsafeIntegers: 'bigint' }, of: exact },
  'of a codec': { options: { codec }, of: (text) => codec.decode(JSON.parse(text)) },
  'of a codec and bigints': { options: { codec, unsafeIntegers: 'bigint' }, of: (text) => codec.decode(exact(text)) },
};

const WITHIN: readonly (readonly [
  string,
  (rows: TransactionCollection<unknown>, keys: readonly KeyValue[]) => unknown[],
])[] = [
  ['get', (rows, keys) => keys.map((key) => rows.get(key))],
  ['range', (rows) => valuesOf([...rows.range()])],
  ['range of an index', (rows) => valuesOf([...rows.range({ index: 'tag' })])],
  ['find', (rows, keys) => valuesOf(keys.flatMap((_, i) => [...rows.find('tag', `t${i + 1}`)]))],
  ['first, last', (rows) => valuesOf([rows.first()!, [...rows.range()][1]!, rows.last()!])],
];

async function opened(options: StoreOptions = {}): Promise<Store> {
  const store = await openStore(memory(), { config: false, ...options });
  onTestFinished(() => store.close());
  return store;
}

describe.each([
  ['without a record cache', {}],
  ['with frozen records in a cache', { recordCacheBytes: 2 ** 20 }],
  ['with cloned records of a cache', { recordCacheBytes: 2 ** 20, recordValues: 'cloned' }],
  ['of a served state, with a cache', { recordCacheBytes: 2 ** 20, freshness: 'warm' }],
] as const)('a store %s', (_, options) => {
  test('gives each handle the form it wants, in every way of reading', async () => {
    const store = await opened(options);
    const collections = await filled(store);
    const snapshot = store.snapshot();
    for (const [name, keys] of Object.entries(collections)) {
      // Twice: the second time all of them find what others have left in the cache.
      for (const [form, { options: wanted, of }] of [...Object.entries(FORMS), ...Object.entries(FORMS).reverse()]) {
        for (const [what, rows] of [
          ['store', store.collection(name, wanted)],
          ['snapshot', snapshot.collection(name, wanted)],
        ] as const) {
          for (const [way, read] of READS) {
            expect(await read(rows as Readable, keys), `${what}, ${name}, ${form}: ${way}`).toStrictEqual(
              TEXTS.map(of),
            );
          }
        }
      }
    }
    snapshot.release();
  });

  test('gives what a codec decodes to nobody else', async () => {
    const store = await opened(options);
    await filled(store);
    const rows = store.collection('keyed', { codec });
    const [one, two] = [(await rows.get(1))!, rows.getSync(1)!];
    expect(two).not.toBe(one);
    expect(Object.isFrozen(one)).toBe(false);
    one.at.setFullYear(1999);
    expect(rows.getSync(1)!.at.toISOString()).toBe(DATE);
  });
});

test('transactions give each handle its form, and all handles see all changes', async () => {
  const store = await opened();
  const collections = await filled(store);
  const changed = TEXTS.map((text) => text.replace(/}$/, '7}'));
  await store.transaction((tx) => {
    for (const [name, keys] of Object.entries(collections)) {
      for (const texts of [TEXTS, changed]) {
        for (const [form, { options: wanted, of }] of Object.entries(FORMS)) {
          for (const [way, read] of WITHIN) {
            const rows = tx.collection(name, wanted) as TransactionCollection<unknown>;
            expect(read(rows, keys), `${name}, ${form}: ${way}`).toStrictEqual(texts.map(of));
          }
        }
        if (name === 'ordinals') break;
        const rows = tx.collection(name, { codec, unsafeIntegers: 'bigint' });
        for (const [i, text] of changed.entries())
          rows.put(codec.decode(exact(text)), name === 'named' ? `n${i}` : undefined);
      }
    }
    const made = tx.createCollection('made', { key: 'at', codec, unsafeIntegers: 'bigint' });
    // Its key is that of the record.
    expect(made.put(codec.decode(exact(TEXTS[0]!)))).toBe(DATE);
    expect(made.get(DATE)).toStrictEqual(codec.decode(exact(TEXTS[0]!)));
    expect(tx.collection('made').getText(DATE)).toBe(TEXTS[0]);
  });
  for (const i of [0, 1, 2]) expect(await store.collection('keyed').getText(i + 1)).toBe(changed[i]);
});

test('what is read and put again keeps all digits', async () => {
  const store = await opened({ recordCacheBytes: 2 ** 20 });
  await store.transaction((tx) => void tx.createCollection('a', { key: 'id', indexes: ['x'] }));
  const rows = store.collection<{ id: unknown; z?: bigint }>('a', { unsafeIntegers: 'bigint' });
  const integer = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String);
  const value = fc.oneof(
    integer,
    fc.array(integer).map((list) => `[${list.join(',')}]`),
    integer.map((text) => `{"y":${text}}`),
  );
  await fc.assert(
    fc.asyncProperty(integer, value, async (id, x) => {
      const text = `{"id":${id},"x":${x}}`;
      const key = await rows.putText(text);
      expect(await rows.put((await rows.get(key))!)).toEqual(key);
      expect(await rows.getText(key)).toBe(text);
      expect(await rows.patch(key, { z: BigInt(id) })).toBe(true);
      expect(rows.getTextSync(key)).toBe(`{"id":${id},"x":${x},"z":${id}}`);
    }),
    { numRuns: runs(200) },
  );
});

test('the type of values follows from the codec', async () => {
  const store = await opened();
  await filled(store);
  const rows = store.collection('keyed', { codec });
  expectTypeOf(rows).toEqualTypeOf<Collection<Order, Stored>>();
  expectTypeOf(rows.get).returns.resolves.toEqualTypeOf<Order | undefined>();
  expectTypeOf(rows.first).returns.resolves.toEqualTypeOf<Row<Order> | undefined>();
  expectTypeOf(store.collection('keyed')).toEqualTypeOf<Collection<unknown>>();
  expectTypeOf(store.collection<Stored>('keyed', { unsafeIntegers: 'bigint' })).toEqualTypeOf<Collection<Stored>>();
  // What decode gets has the type of what encode returns.
  const dated = store.collection('keyed', {
    codec: {
      encode: (value: { at: Date }) => ({ at: value.at.getTime() }),
      decode: (stored) => ({ at: new Date(stored.at) }),
    },
  });
  expectTypeOf(dated).toEqualTypeOf<Collection<{ at: Date }, { at: number }>>();
  expect((await rows.get(1))?.at.getUTCFullYear()).toBe(2026);
});
