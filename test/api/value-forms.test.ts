// Goal: a handle gives each record in its own form, whichever way it is read, whatever else has read it before, and takes it back so;
// what a codec does wrong changes nothing and names the record.
// Method: every way of reading, of stores, served states, snapshots and transactions, with and without a record cache, against
// records parsed by lossless-json.
// @node all: JSON.parse differs

import fc from 'fast-check';
import { parse } from 'lossless-json';
import { afterAll, beforeAll, describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import {
  type Codec,
  type Collection,
  type KeyValue,
  memory,
  openStore,
  type ReadableCollection,
  type Row,
  type Store,
  type StoreOptions,
  type TransactionCollection,
  type ValueOptions,
} from '../../dist/src/index.js';
import { runs } from '../support/effort.js';

interface Stored {
  readonly id: number;
  readonly tag: string;
  readonly at: string;
  readonly big: bigint | number;
}

class Order {
  constructor(
    readonly id: number,
    readonly tag: string,
    readonly at: Date,
    readonly big: bigint | number,
  ) {}
}

const codec: Codec<Order, Stored> = {
  encode: ({ id, tag, at, big }) => ({ id, tag, at: at.toISOString(), big }),
  decode: ({ id, tag, at, big }) => new Order(id, tag, new Date(at), big),
};

const DATE = '2026-01-02T03:04:05.006Z';
/** In order of key, and of tag. One is safe: it is a number in each form. */
const TEXTS = ['9007199254740993', '-123456789012345678901234567890', '5'].map(
  (big, i) => `{"id":${i + 1},"tag":"t${i + 1}","at":"${DATE}","big":${big}}`,
);
const exact = (text: string) =>
  parse(text, null, (token) => (Number.isSafeInteger(Number(token)) ? Number(token) : BigInt(token))) as Stored;

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

type Readable = ReadableCollection<unknown>;
/** Each gives the values of all records, in the order of TEXTS. */
const READS: readonly (readonly [string, (rows: Readable, keys: readonly KeyValue[]) => Promise<unknown[]>])[] = [
  ['get', (rows, keys) => Promise.all(keys.map((key) => rows.get(key)))],
  ['getSync', async (rows, keys) => keys.map((key) => rows.getSync(key))],
  ['getMany', (rows, keys) => rows.getMany(keys)],
  ['scan', async (rows) => valuesOf(await all(rows.scan()))],
  ['range', async (rows) => valuesOf(await all(rows.range()))],
  ['range of an index', async (rows) => valuesOf(await all(rows.range({ index: 'tag' })))],
  ['rangeSync', async (rows) => valuesOf(await all(rows.rangeSync()))],
  [
    'find',
    async (rows, keys) => valuesOf((await Promise.all(keys.map((_, i) => all(rows.find('tag', `t${i + 1}`))))).flat()),
  ],
  ['findSync', async (rows, keys) => valuesOf(keys.flatMap((_, i) => [...rows.findSync('tag', `t${i + 1}`)]))],
  [
    'first, last',
    async (rows) =>
      valuesOf([
        ...(await ends(rows)).slice(0, 1),
        ...(await all(rows.range())).slice(1, 2),
        ...(await ends(rows)).slice(1),
      ]),
  ],
  ['firstSync, lastSync', async (rows) => valuesOf([rows.firstSync()!, [...rows.rangeSync()][1]!, rows.lastSync()!])],
];
const ends = async (rows: Readable) => [(await rows.first())!, (await rows.last())!];

async function all<R>(rows: AsyncIterable<R> | Iterable<R>): Promise<R[]> {
  const list: R[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
const valuesOf = (rows: readonly { readonly value: unknown }[]) => rows.map(({ value }) => value);

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

/** The same records with a key, under names, and by ordinal. */
async function filled(store: Store): Promise<Readonly<Record<string, readonly KeyValue[]>>> {
  const indexes = ['tag'];
  await store.import(new Blob([`[${TEXTS.join(',')}]`]), { collection: 'keyed', key: 'id', indexes, shape: 'array' });
  const named = `{${TEXTS.map((text, i) => `"n${i}":${text}`).join(',')}}`;
  await store.import(new Blob([named]), { collection: 'named', indexes, shape: 'object' });
  await store.import(new Blob([`[${TEXTS.join(',')}]`]), { collection: 'ordinals', indexes, shape: 'array' });
  return { keyed: [1, 2, 3], named: ['n0', 'n1', 'n2'], ordinals: [0, 1, 2] };
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
  const rows = store.collection<{ id: unknown }>('a', { unsafeIntegers: 'bigint' });
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

describe('a codec that fails', () => {
  const fault = new RangeError('no such month');
  const failing = (only: keyof Codec<Order>): Codec<Order, Stored> => ({
    ...codec,
    [only]: () => {
      throw fault;
    },
  });
  let store: Store;
  let collections: Readonly<Record<string, readonly KeyValue[]>>;
  beforeAll(async () => {
    store = await openStore(memory(), { config: false, recordCacheBytes: 2 ** 20 });
    collections = await filled(store);
  });
  afterAll(() => store.close());

  test.each(READS)('to decode fails %s, and names the record', async (_, read) => {
    for (const [name, keys] of Object.entries(collections)) {
      const rows = store.collection(name, { codec: failing('decode') }) as Readable;
      const key = typeof keys[0] === 'string' ? JSON.stringify(keys[0]) : keys[0];
      const message = `decode of the codec, for the record ${key} of collection ${name}, failed: no such month`;
      await expect(read(rows, keys)).rejects.toMatchObject({ code: 'CODEC_FAILED', message, cause: fault });
      // A record that is not there is no value to decode.
      expect(await rows.get(typeof keys[0] === 'string' ? 'none' : 77)).toBeUndefined();
    }
  });

  test('to encode changes nothing, and names the record', async () => {
    const order = codec.decode(exact(TEXTS[0]!));
    const options = { codec: failing('encode') };
    const refused = (which: string) => ({
      code: 'CODEC_FAILED',
      message: `encode of the codec, for ${which}, failed: no such month; nothing was changed`,
      cause: fault,
    });
    const rows = store.collection('keyed', options);
    await expect(rows.put(order)).rejects.toMatchObject(refused('the record 1 of collection keyed'));
    await expect(store.collection('named', options).put(order, 'x')).rejects.toMatchObject(
      refused('the record "x" of collection named'),
    );
    await expect(store.collection('ordinals', options).put(order)).rejects.toMatchObject(
      refused('a record of collection ordinals'),
    );
    const put = store.transaction((tx) => {
      tx.collection('keyed').put({ id: 9, tag: 'x' });
      tx.collection('keyed', options).put(order);
    });
    await expect(put).rejects.toMatchObject(refused('the record 1 of collection keyed'));
    expect(store.collection('keyed').count()).toBe(3);
  });

  test.each([
    ['is async', { ...codec, encode: async () => ({}) }, /options\.codec\.encode must not be async/],
    ['has no decode', { encode: codec.encode }, /options\.codec must have a function decode/],
    ['is a function', () => 1, /options\.codec must have a function encode/],
    ['is null', null, /options\.codec must have a function encode/],
  ])('because it %s is refused at once', async (_, wrong, message) => {
    const options = { codec: wrong } as never;
    const snapshot = store.snapshot();
    expect(() => store.collection('keyed', options)).toThrow(TypeError);
    expect(() => store.collection('keyed', options)).toThrow(message);
    expect(() => snapshot.collection('keyed', options)).toThrow(message);
    snapshot.release();
    await expect(store.transaction((tx) => tx.collection('keyed', options))).rejects.toThrow(message);
    await expect(store.transaction((tx) => tx.createCollection('other', options))).rejects.toThrow(message);
    expect(store.collections()).not.toContain('other');
  });

  test('by what it returns is refused when it does', async () => {
    const rows = (change: Partial<Record<keyof Codec<Order>, () => unknown>>) =>
      store.collection('keyed', { codec: { ...codec, ...change } as Codec<Order, Stored> });
    const order = codec.decode(exact(TEXTS[0]!));
    const late = () => Promise.reject(new Error('late'));
    await expect(rows({ encode: late }).put(order)).rejects.toThrow(
      /must not be async: encode returned a promise; nothing/,
    );
    await expect(rows({ decode: late }).get(1)).rejects.toThrow(/must not be async: decode returned a promise$/);
    await expect(rows({ decode: () => undefined }).get(1)).rejects.toMatchObject({ code: 'CODEC_FAILED' });
    expect(await rows({ decode: () => null }).get(1)).toBeNull();
    await expect(rows({ encode: () => undefined }).put(order)).rejects.toThrow(TypeError);
    await expect(rows({ encode: () => ({ id: 1, at: new Date() }) }).put(order)).rejects.toThrow(/has a Date at "at"/);
    await expect(rows({ encode: () => ({ tag: 1 }) }).put(order)).rejects.toMatchObject({ code: 'BAD_RECORD' });
    // A record of the cache is frozen: whoever changes it learns of it.
    const changing = (stored?: Stored) => Object.assign(stored!, { at: 5 });
    await expect(rows({ decode: changing }).get(1)).rejects.toMatchObject({ code: 'CODEC_FAILED' });
    expect(await store.collection('keyed').getText(1)).toBe(TEXTS[0]);
  });
});

test('the type of values follows from the codec', async () => {
  const store = await opened();
  await filled(store);
  const rows = store.collection('keyed', { codec });
  expectTypeOf(rows).toEqualTypeOf<Collection<Order>>();
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
  expectTypeOf(dated).toEqualTypeOf<Collection<{ at: Date }>>();
  expect((await rows.get(1))?.at.getUTCFullYear()).toBe(2026);
});
