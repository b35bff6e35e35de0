// Goal: what a codec does wrong changes nothing and names the record; options of handles that are wrong are refused at once.
// Method: codecs that throw, return promises or nothing, in every way of reading and writing; the records are read afterwards.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Codec, type KeyValue, memory, openStore, type Snapshot, type Store } from '../../dist/src/index.js';
import { codec, exact, filled, type Order, READS, type Readable, type Stored, TEXTS } from '../support/value-forms.js';

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

test.each(READS)('a codec that fails to decode fails %s, and names the record', async (_, read) => {
  for (const [name, keys] of Object.entries(collections)) {
    const rows = store.collection(name, { codec: failing('decode') }) as Readable;
    const messages = keys.map((key) => {
      const named = typeof key === 'string' ? JSON.stringify(key) : key;
      return `decode of the codec, for the record ${named} of collection ${name}, failed: no such month`;
    });
    const error = await read(rows, keys).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CODEC_FAILED', cause: fault });
    // Which of several reads at once is the first is not said.
    expect(messages).toContain((error as Error).message);
    // A record that is not there is no value to decode.
    expect(await rows.get(typeof keys[0] === 'string' ? 'none' : 77)).toBeUndefined();
  }
});

test('a codec that fails to encode changes nothing, and names the record', async () => {
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
])('a codec that %s is refused at once', async (_, wrong, message) => {
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

test('what a codec must not return is refused when it does', async () => {
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

test.each([
  [{ integers: 'bigint' }, 'collection has no option integers; the options are unsafeIntegers, codec, schemaVersion'],
  [{ codecs: codec }, 'collection has no option codecs; did you mean codec?'],
  [{ unsafeIntegers: true }, 'collection: options.unsafeIntegers must be one of number, bigint, not true'],
  [{ unsafeIntegers: null }, 'collection: options.unsafeIntegers must be one of number, bigint, not null'],
])('%s are no options of a handle', async (wrong, message) => {
  const options = wrong as never;
  const snapshot = store.snapshot();
  for (const of of [store, snapshot] as Pick<Snapshot, 'collection'>[])
    expect(() => of.collection('keyed', options)).toThrow(new TypeError(message));
  snapshot.release();
  await expect(store.transaction((tx) => tx.collection('keyed', options))).rejects.toThrow(new TypeError(message));
});
