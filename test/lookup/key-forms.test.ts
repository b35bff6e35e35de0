// Goal: ordinals are numbers in every form, compared exactly; what is no key, or can be none, is refused by every method.
// Method: an oracle of decimals (support/decimals.ts), and a table of what is refused.

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { JsonNumber, type KeyValue, memory, openStore, type Store } from '../../dist/src/index.js';
import { anyNumber, compareDecimals } from '../support/decimals.js';
import { runs } from '../support/effort.js';
import { valuesOf } from '../support/rows.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

let store: Store | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

describe('a collection without a key', () => {
  const COUNT = 12;
  const made = async (): Promise<Store> => {
    store = await openStore(memory(), { create: true });
    await store.transaction((transaction) => {
      const collection = transaction.createCollection<{ readonly n: number }>('records');
      for (let n = 0; n < COUNT; n++) collection.put({ n });
    });
    return store;
  };

  test('has ordinals in every form, and no others', async () => {
    const collection = (await made()).collection<{ readonly n: number }>();
    for (const key of [7, 7n, new JsonNumber('7.00'), new JsonNumber('70e-1')]) {
      expect(collection.getSync(key)).toEqual({ n: 7 });
      expect(await collection.getMany([key])).toEqual([{ n: 7 }]);
      expect(collection.has(key)).toBe(true);
    }
    expect(collection.getSync(-0)).toEqual({ n: 0 });
    // The nearest double of the first two is 7.
    const none = ['7.00000000000000000001', '6.99999999999999999999', '7.5', '-1', '12', '1e400', '1e-400', '-1e-400'];
    for (const key of [...none.map((text) => new JsonNumber(text)), 7.5, -1, 10n ** 30n, Number.MAX_VALUE]) {
      expect([collection.getSync(key), await collection.get(key), collection.has(key)]).toEqual([
        undefined,
        undefined,
        false,
      ]);
      await expect(collection.delete(key)).resolves.toBe(false);
    }
    for (const key of ['7', true, null, Number.NaN]) {
      expect(() => collection.getSync(key)).toThrow(TypeError);
      expect(() => collection.has(key)).toThrow(TypeError);
      await expect(collection.delete(key)).rejects.toThrow(TypeError);
    }
    await expect(collection.delete(new JsonNumber('7.0'))).resolves.toBe(true);
    expect([collection.has(7), collection.has(6), collection.count()]).toEqual([false, true, COUNT - 1]);
  });

  test('has ranges between any two numbers', async () => {
    const collection = (await made()).collection<{ readonly n: number }>();
    const bound = fc.oneof(
      fc.constantFrom('6.99999999999999999999', '7.00000000000000000001', '-1', '-0', '1e400', '-1e400', '12', '11.0'),
      anyNumber,
      fc.nat(COUNT).map(String),
    );
    const anyRange = fc.record(
      { low: fc.tuple(fc.constantFrom('gt', 'gte'), bound), high: fc.tuple(fc.constantFrom('lt', 'lte'), bound) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(anyRange, fc.boolean(), async ({ low, high }, reverse) => {
        const isInside = (n: number): boolean => {
          const above = low === undefined ? 1 : compareDecimals(String(n), low[1]);
          const below = high === undefined ? -1 : compareDecimals(String(n), high[1]);
          return (
            (above > 0 || (above === 0 && low?.[0] === 'gte')) && (below < 0 || (below === 0 && high?.[0] === 'lte'))
          );
        };
        const expected = Array.from({ length: COUNT }, (_, n) => n).filter(isInside);
        const bounds = [low, high].flatMap((one) => (one ? [[one[0], new JsonNumber(one[1])]] : []));
        const seen = await all(collection.range({ ...Object.fromEntries(bounds), reverse }));
        expect(seen.map(({ key }) => key)).toEqual(reverse ? expected.reverse() : expected);
      }),
      { numRuns: runs(500) },
    );
    for (const options of [{ gt: '7' }, { lte: null }, { prefix: '7' }]) {
      await expect(all(collection.range(options))).rejects.toThrow(TypeError);
    }
  });
});

test('what can be no key is refused by every method, and what no record can have as its key, too', async () => {
  store = await openStore(memory(), { create: true });
  await store.transaction((transaction) => {
    transaction.createCollection('records', { key: 'id', indexes: ['one'] });
    transaction.createCollection('ordinals');
  });
  const notKeys = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, {}, [], { text: '7' }];
  const refusals = new Map<unknown, unknown>(notKeys.map((key) => [key, expect.any(TypeError)]));
  const outOfRange = expect.objectContaining({ code: 'KEY_TOO_LONG', reason: 'KEY_OUT_OF_RANGE' });
  for (const text of ['1e99999', '-1e99999', '1e-99999']) refusals.set(new JsonNumber(text), outOfRange);
  refusals.set(10n ** 40_000n, outOfRange);
  const long = BigInt('7'.repeat(5000));
  refusals.set(long, expect.objectContaining({ code: 'KEY_TOO_LONG', reason: 'KEY_TOO_LONG' }));
  for (const [key, refusal] of refusals as Map<KeyValue, unknown>) {
    for (const name of ['records', 'ordinals']) {
      const collection = store.collection(name);
      expect(() => collection.getSync(key)).toThrow(refusal as Error);
      expect(() => collection.getTextSync(key)).toThrow(refusal as Error);
      expect(() => collection.has(key)).toThrow(refusal as Error);
      for (const attempt of [
        () => collection.get(key),
        () => collection.getText(key),
        () => collection.getMany([key]),
        () => collection.delete(key),
        () => store!.transaction((transaction) => transaction.collection(name).get(key)),
        () => store!.warm({ collection: name, keys: [key] }),
        ...(name === 'records' ? [() => collection.patch(key, {})] : []),
        // A bound that is undefined is no bound.
        ...(key === undefined ? [] : [() => all(collection.range({ gt: key }))]),
        // A value of an index may be of any length.
        ...(key === undefined || key === long || name === 'ordinals'
          ? []
          : [() => all(valuesOf(collection.find('one', key)))]),
      ]) {
        await expect(attempt()).rejects.toEqual(refusal);
      }
    }
  }
});
