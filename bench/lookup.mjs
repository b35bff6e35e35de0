// Question: what does a lookup by key cost, when its frame is in memory and when it is not, against lmdb-js with a record
// per key?
// Data: each kind of datasets/. Cached: 64 MiB of records in both stores, a thousand random keys over and over, every frame
// and page in memory. Random: the full size, frame cache an eighth of it, keys at random, shards in the page cache of the
// system. Method: one process, tinybench; cached lookups a thousand at a time and in turns, random ones timed one by one.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, BARS } from './bars.mjs';
import { makeLmdb, makeStore, openRecords } from './lookup-stores.mjs';
import { cachedTasks, randomTasks } from './lookup-tasks.mjs';
import { inTurns } from './micro.mjs';
import { rounded } from './report.mjs';
import { countLines, keyValue, randomOrdinals } from './setup.mjs';

const CACHED_BYTES_MAX = 64 * 2 ** 20;
const CACHED_KEYS = 1000;
/** The data of random lookups is so many times the frame cache. */
const CACHE_SHARE = 8;
const WARM_UPS = 3000;

export const question = 'What does a lookup cost, its frame in memory or not, against lmdb-js with a record per key?';
export const method =
  `Cached: ${CACHED_KEYS} random keys over and over, medians of the mean of all, in turns with lmdb-js on the same records. ` +
  `Random: keys at random over data ${CACHE_SHARE} × the frame cache, files in the system's page cache, each call timed.`;

export async function run({ bytes, names, quick, datasets, scratch }) {
  const results = [];
  for (const name of names) {
    const folder = mkdtempSync(join(scratch, 'lookup-'));
    try {
      console.error(`lookup ${name}`);
      const cached = await measureCached(folder, { name, bytes: Math.min(bytes, CACHED_BYTES_MAX), quick, datasets });
      rmSync(join(folder, 'store'), { recursive: true });
      results.push({ name, cached, random: await measureRandom(folder, { name, bytes, quick, datasets }) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return {
    tables: [
      {
        title: 'frame in memory: µs a record (median of batches)',
        ...table(results, 'cached', ({ median }) => rounded(median)),
      },
      {
        title: `random keys over data ${CACHE_SHARE} × the frame cache: µs a call, median / p99`,
        ...table(results, 'random', ({ median, p99 }) => `${rounded(median)} / ${rounded(p99)}`),
      },
    ],
    bars: results.flatMap(({ name, cached, random }) => [
      atMost(
        `getSync, frame cached, ${name}: ÷ lmdb-js \`get\` + \`JSON.parse\``,
        BARS.cachedOfLmdb,
        ratioOf(cached),
        '×',
      ),
      atMost(`getSync, random keys, ${name}: median`, BARS.randomMicros, random.getSync.median, 'µs'),
    ]),
    headlines: results.map(({ name, cached, random }) => [
      `lookup of a random key, ${name} (frame cached)`,
      `${rounded(random.getSync.median)} µs (${rounded(cached.getSync.median)} µs)`,
      `lmdb-js, a record per key: ${rounded(cached['lmdb-js get + JSON.parse'].median)} µs`,
    ]),
    results,
  };
}

const ratioOf = (cached) => cached.getSync.median / cached['lmdb-js get + JSON.parse'].median;

function table(results, part, cell) {
  const tasks = Object.keys(results[0][part]);
  return {
    headers: ['data', ...tasks],
    rows: results.map(({ name, [part]: taken }) => [name, ...tasks.map((task) => cell(taken[task]))]),
  };
}

async function measureCached(folder, { name, bytes, quick, datasets }) {
  const source = datasets.file({ name, bytes, form: 'ndjson' });
  const ordinals = randomOrdinals(CACHED_KEYS, await countLines(source));
  const keys = ordinals.map((ordinal) => datasets.keyAt(name, ordinal));
  const ours = await openRecords(
    await makeStore(folder, source, '--key', datasets.key(name)),
    2 * statSync(source).size,
  );
  const lmdb = await makeLmdb(folder, { dataset: name, source });
  try {
    await settled(ours.records, keys);
    const tasks = cachedTasks(ours.records, lmdb, keys);
    return Object.fromEntries(await inTurns(tasks, { rounds: quick ? 5 : 10, iterations: 10, warmups: 20 }));
  } finally {
    await Promise.all([ours.close(), lmdb.close()]);
  }
}

async function measureRandom(folder, { name, bytes, quick, datasets }) {
  const source = datasets.file({ name, bytes, form: 'ndjson' });
  const count = await countLines(source);
  const cacheBytes = Math.floor(statSync(source).size / CACHE_SHARE);
  const ours = await openRecords(await makeStore(folder, source, '--key', datasets.key(name)), cacheBytes);
  const keysOf = (amount, seed) => randomOrdinals(amount, count, seed).map((ordinal) => datasets.keyAt(name, ordinal));
  try {
    await settled(ours.records, keysOf(WARM_UPS, 1));
    const results = {};
    for (const { iterations, ...task } of randomTasks(ours.records, keysOf, quick)) {
      const taken = await inTurns([task], { rounds: 1, iterations, warmups: 0 });
      results[task.name] = taken.get(task.name);
    }
    return results;
  } finally {
    await ours.close();
  }
}

/** Enough lookups to have a tree's fences loaded in the background, and the time that takes. */
async function settled(records, keys) {
  for (let i = 0; i < WARM_UPS; i++) records.getTextSync(keyValue(keys[i % keys.length]));
  await sleep(300);
}
