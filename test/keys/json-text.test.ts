// Goal: a value is stored as what reading it back gives, or refused with its place. Method: JSON.stringify and JSON.parse where they
// agree; random values with bigints in them against JSON.rawJSON, or digits put in by hand; and each kind of value that
// JSON.stringify makes something else of.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';

async function stored(value: unknown): Promise<string | undefined> {
  const store = await openStore(memory());
  try {
    await store.transaction((tx) => tx.createCollection('c'));
    await store.collection('c').put(value);
    return store.collection('c').getTextSync(0);
  } finally {
    await store.close();
  }
}

describe('a value', () => {
  test('is what JSON.stringify makes of it, where that is what was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await stored(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: runs(100) },
    );
  });

  test('may have bigints, which keep their digits, anywhere', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.bigInt(),
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        // Digits are put in for a mark that no other text has.
        const marked = JSON.stringify(given, (_, one) => (typeof one === 'bigint' ? `\u0001${one}\u0001` : one));
        fc.pre(!JSON.stringify(given, (_, one) => (typeof one === 'bigint' ? 0 : one)).includes('\\u0001'));
        expect(await stored(given)).toBe(marked.replaceAll(/"\\u0001(-?\d+)\\u0001"/g, '$1'));
      }),
      { numRuns: runs(100) },
    );
  });

  test('without a member is one whose member is undefined; what writes itself does so', async () => {
    expect(await stored({ a: undefined, b: 1n })).toBe('{"b":1}');
    expect(await stored({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(await stored({ a: { toJSON: () => 'own' }, n: 2n })).toBe('{"a":"own","n":2}');
    class Point {
      x = 1;
    }
    expect(await stored({ at: new Point() })).toBe('{"at":{"x":1}}');
  });

  test.each([
    [{ a: { b: [0, Number.NaN] } }, 'NaN at "a.b.1"'],
    [{ a: -Infinity }, '-Infinity at "a"'],
    [{ when: new Date(0) }, 'a Date at "when"'],
    [new Date(0), 'is a Date'],
    [{ 'a.b': Buffer.from('x') }, 'bytes at "/a.b"'],
    [[new Uint8Array(1)], 'bytes at "0"'],
    [{ a: new Map([[1, 2]]) }, 'a Map at "a"'],
    [{ a: new Set([1]) }, 'a Set at "a"'],
    [{ a: /x/ }, 'a RegExp at "a"'],
    [{ a: new RangeError('x') }, 'a RangeError at "a"'],
    [{ a: Promise.resolve(1) }, 'a promise at "a"'],
    [{ a: () => 1 }, 'function at "a"'],
    [{ a: Symbol('s') }, 'symbol at "a"'],
    [[1, undefined], 'undefined at "1"'],
  ])('that JSON has no text for is refused with its place: %o', async (value, where) => {
    const store = await openStore(memory());
    await store.transaction((tx) => tx.createCollection('c', { key: 'id' }));
    await store.collection('c').put({ id: 1 });
    const refused = { name: 'TypeError', message: expect.stringContaining(where) };
    await expect(store.collection('c').put(value)).rejects.toMatchObject(refused);
    await expect(store.collection('c').patch(1, value)).rejects.toMatchObject(refused);
    await expect(store.import([value as object], { key: 'id' })).rejects.toMatchObject({ message: refused.message });
    expect(store.collection('c').getTextSync(1)).toBe('{"id":1}');
    await store.close();
  });

  test('with a bigint as its key is found by it, and by a key of its index', async () => {
    const store = await openStore(memory());
    await store.transaction((tx) => tx.createCollection('c', { key: 'id', indexes: ['n'] }));
    const collection = store.collection('c');
    const big = 12345678901234567890n;
    expect(await collection.put({ id: big, n: big + 1n })).toBe(big);
    expect(collection.getTextSync(big)).toBe('{"id":12345678901234567890,"n":12345678901234567891}');
    expect(collection.count({ index: 'n', gte: big + 1n, lte: big + 1n })).toBe(1);
    expect(await collection.patch(big, { n: 2n ** 70n })).toBe(true);
    expect(collection.getTextSync(big)).toBe('{"id":12345678901234567890,"n":1180591620717411303424}');
    await store.close();
  });
});
