// A process of its own, whose heap is measured: parses many values of one shape after another, and fills record caches with
// small records; prints what they take beside what they are said to take.
//
//     node --expose-gc heap-of-values.mjs

import { exactValue } from '../../dist/src/keys/json-value.js';
import { bytesOf, frozen } from '../../dist/src/lookup/cache/parsed-value.js';
import { ReadCounters } from '../../dist/src/lookup/cache/read-counters.js';
import { CollectionRecords, RecordCache } from '../../dist/src/lookup/cache/record-cache.js';
import { resolveStoreOptions } from '../../dist/src/options/store.js';

const gc = /** @type {() => void} */ (globalThis.gc);
let seed = 1;
/** @param {number} below */
const random = (below) => {
  seed = (seed * 48271) % 0x7fffffff;
  return seed % below;
};
/** @param {number} length */
const word = (length) => Array.from({ length }, () => String.fromCharCode(97 + random(26))).join('');
/** @type {<T>(length: number, item: (i: number) => T) => T[]} */
const list = (length, item) => Array.from({ length }, (_, i) => item(i));
const user = () => ({
  id: random(1e9),
  name: word(12),
  text: word(80),
  verified: false,
  url: null,
  rate: random(1e6) / 7,
});

/** @type {Record<string, () => unknown>} */
const SHAPES = {
  'flat records': () => ({ ...user(), city: word(20) }),
  'nested records': () => ({
    user: user(),
    users: list(4, user),
    tags: list(5, () => ({ tag: word(15), at: [1, 2] })),
  }),
  'small integers': () => list(2000, () => random(10)),
  'real numbers': () => list(1000, () => random(1e6) / 7),
  'empty objects': () => list(500, () => ({})),
  'empty arrays': () => list(500, () => []),
  'small objects': () => list(500, () => ({ a: 1 })),
  'wide strings': () => ({ a: '日本語'.repeat(random(50)), b: word(50), c: `€${word(30)}` }),
  'names of their own': () => Object.fromEntries(list(20, () => [word(8), 1])),
  'many names': () => Object.fromEntries(list(1000, () => [word(8), 1])),
  'many shared names': () => Object.fromEntries(list(300, (i) => [`name${i}`, i])),
  'large integers': () => `[${list(500, (i) => `${1 + random(9)}${'7'.repeat(16 + (i % 40))}`).join(',')}]`,
  'names that are numbers': () => Object.fromEntries(list(30, () => [random(1e6), 1])),
};
const TEXT_BYTES = 3e5;

function heap() {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/** @param {() => unknown} make */
function measure(make) {
  /** @type {string[]} */
  const texts = [];
  for (let bytes = 0; bytes < TEXT_BYTES; ) {
    // What JSON.stringify cannot write makes its text itself.
    const made = make();
    const text = typeof made === 'string' ? made : JSON.stringify(made);
    bytes += text.length;
    texts.push(text);
  }
  const values = new Array(texts.length).fill(undefined);
  const before = heap();
  let said = 0;
  for (const [i, text] of texts.entries()) {
    const value = exactValue(text);
    said += bytesOf(value, text);
    values[i] = frozen(value);
  }
  return { used: heap() - before, said, count: values.length };
}

/**
 * Fills a cache three times over.
 * @param {(i: number) => import('../../src/keys/encode.js').KeyValue} keyOf
 */
function measureCache(keyOf) {
  const options = resolveStoreOptions({ recordCacheBytes: 4e6, recordTtlMs: 60_000 });
  const before = heap();
  const records = new CollectionRecords(new RecordCache(options), new ReadCounters(), 'number');
  const { kept } = records.cache;
  for (let i = 0; i < 30_000; i++) {
    records.keep(keyOf(i), { text: `{"id":${i},"name":"name ${i}"}`, generation: 1, shard: 1, ordinal: i, shape: 0 });
  }
  const used = heap() - before;
  return { used, said: kept.bytes, count: kept.count };
}

// Once for nothing: code that is compiled meanwhile takes memory too.
measure(() => Object.values(SHAPES).map((make) => make()));
measureCache((i) => i);
const results = Object.entries(SHAPES).map(([name, make]) => ({ name, ...measure(make) }));
results.push({ name: 'cache, by number', ...measureCache((i) => i) });
results.push({ name: 'cache, by string', ...measureCache((i) => `key number ${i}`) });
console.log(JSON.stringify(results));
