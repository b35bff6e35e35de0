// Goal: options are completed from their tables, wrong ones are refused in words that name them, and what is set for one
// collection holds for that collection alone. Method: every row of the tables, at its bounds and beyond them.

import { describe, expect, test } from 'vitest';
import { CACHE_OPTIONS, cacheOptionsOf, resolveStoreOptions, STORE_OPTIONS } from '../../src/options/store.js';
import type { StoreOptions } from '../../src/options/store-types.js';

/** As a caller without types would give them. */
const resolved = (options: unknown) => resolveStoreOptions(options as StoreOptions);
const wrong = (options: unknown) => () => resolved(options);

describe('options of a store', () => {
  test('are completed from the table, and cannot be changed afterwards', () => {
    const options = resolved(undefined);
    for (const [name, row] of Object.entries(STORE_OPTIONS)) {
      expect(options[name as keyof typeof STORE_OPTIONS]).toEqual(row.default);
    }
    expect(options.collections).toEqual({});
    expect(Object.isFrozen(options) && Object.isFrozen(options.collections)).toBe(true);
    expect(resolved({ hotSet: undefined, warmMs: undefined, collections: undefined })).toEqual(options);
  });

  test.each(['frameCacheByte', 'toString', '__proto__x', 'collection'])('%s is not one', (name) => {
    expect(wrong({ [name]: 1 })).toThrow(`openStore has no option ${name}; `);
  });

  test.each([null, 7, 'warm', [], true])('%j is no object of them', (options) => {
    expect(wrong(options)).toThrow(new TypeError('openStore: options must be an object'));
    expect(wrong({ collections: options })).toThrow(new TypeError('openStore: options.collections must be an object'));
    expect(wrong({ collections: { posts: options } })).toThrow('options.collections.posts must be an object');
  });

  test.each(Object.entries(STORE_OPTIONS))('%s has its bounds', (name, row) => {
    const refused = new RegExp(`^openStore: options\\.${name} must be `);
    for (const value of [null, Number.NaN, '7', {}, [1]]) expect(wrong({ [name]: value })).toThrow(refused);
    if (row.type !== 'integer') return;
    for (const value of [row.min, row.max]) expect(resolved({ [name]: value })).toMatchObject({ [name]: value });
    for (const value of [row.min - 1, row.max + 1, row.min + 0.5]) expect(wrong({ [name]: value })).toThrow(refused);
  });
});

describe('options of a collection', () => {
  test('are its own where they were set, else those of the store', () => {
    const options = resolved({
      frameCacheBytes: 1000,
      staleMs: 5,
      collections: { posts: { frameCacheBytes: 7, recordTtlMs: 0, staleMs: undefined } },
    });
    expect(cacheOptionsOf(options, 'posts')).toMatchObject({ frameCacheBytes: 7, recordTtlMs: 0, staleMs: 5 });
    expect(cacheOptionsOf(options, 'users')).toMatchObject({ frameCacheBytes: 1000, staleMs: 5 });
    expect(Object.keys(cacheOptionsOf(options, 'posts'))).toEqual(Object.keys(CACHE_OPTIONS));
    expect(options.collections).toEqual({ posts: { frameCacheBytes: 7, recordTtlMs: 0 } });
  });

  test('may have any name a collection may have', () => {
    const collections = JSON.parse('{"__proto__":{"staleMs":1},"constructor":{"staleMs":2},"two words":{"staleMs":3}}');
    const options = resolved({ collections });
    const stale = ['__proto__', 'constructor', 'two words', 'toString'].map((name) => cacheOptionsOf(options, name));
    expect(stale.map(({ staleMs }) => staleMs)).toEqual([1, 2, 3, 0]);
    for (const name of ['', 'a\nb', 'x'.repeat(256)]) {
      expect(wrong({ collections: { [name]: {} } })).toThrow('the name of a collection');
    }
  });

  test('are cache options only, and are checked', () => {
    expect(wrong({ collections: { posts: { hotSet: false } } })).toThrow(
      'openStore has no option collections.posts.hotSet; ',
    );
    expect(wrong({ collections: { posts: { staleMs: -1 } } })).toThrow('options.collections.posts.staleMs must be');
  });
});
