// Question: does the memory of a process stay within the bytes its caches were given?
// Data: nested and flat as NDJSON, ten times the bytes of the cache. Method: a process reads keys at random until the
// cache has been filled several times over; every so many reads it collects garbage and looks at heapUsed + external (which
// has the ArrayBuffers in it). What counts is the growth since before the first read. A second process does the same reads
// with both caches off: what it grows by is not the cache (places of keys, index pages, open files, compiled code).
// Reading: the bar is the highest sample, with the control's growth taken off; the table has both, and RssAnon, which
// has the holes of the allocator and garbage not collected yet in it too.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, atMost, BARS } from './bars.mjs';
import { reported } from './harness.mjs';
import { makeStore } from './lookup-stores.mjs';
import { megabytes, rounded } from './report.mjs';
import { countLines } from './setup.mjs';

/** The data is so many times the cache. */
const TIMES = 10;
const SAMPLES = { full: 30, quick: 8 };
/** `share` of the bench's bytes is the data. */
const CASES = [
  { what: 'frames', cache: 'frames', option: 'frameCacheBytes', name: 'nested', share: 1, reads: 24_000 },
  { what: 'records, nested', cache: 'records', option: 'recordCacheBytes', name: 'nested', share: 1, reads: 40_000 },
  { what: 'records, flat', cache: 'records', option: 'recordCacheBytes', name: 'flat', share: 0.25, reads: 400_000 },
];
const HEADERS = [
  ...['cache', 'given MB', 'data MB', 'reads', 'used by its own account MB', 'most growth MB', 'control MB'],
  ...['growth − control', '÷ given', 'RssAnon growth MB'],
];

export const question = 'Does the memory of a process stay within the bytes its caches were given?';
export const method =
  `Keys at random over data ${TIMES} × the cache. Growth of heapUsed + external since before the first read, after a full ` +
  `garbage collection each of ${SAMPLES.full} times; the control reads the same with both caches off.`;

export async function run({ bytes, quick, datasets, scratch }) {
  const folder = mkdtempSync(join(scratch, 'cache-memory-'));
  const results = [];
  try {
    for (const task of CASES) {
      console.error(`cache-memory: ${task.what}`);
      const amount = { bytes: Math.floor(bytes * task.share), samples: quick ? SAMPLES.quick : SAMPLES.full };
      results.push(await measure(task, amount, datasets, folder));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    tables: [{ title: 'growth of the memory of a process', headers: HEADERS, rows: results.map(rowOf) }],
    bars: results.flatMap(({ what, ratio, filledBytes, given }) => [
      atMost(`memory of the cache of ${what}: growth ÷ bytes given`, BARS.cacheMemory, ratio, '×'),
      // One that is not full is within any bytes.
      atLeast(
        `the cache of ${what} was full: used by its own account ÷ given`,
        BARS.cacheFilled,
        filledBytes / given,
        '×',
      ),
    ]),
    pictures: [picture(results)],
    results,
  };
}

async function measure({ what, cache, option, name, reads }, { bytes, samples }, datasets, folder) {
  const source = datasets.file({ name, bytes, form: 'ndjson' });
  const out = await makeStore(folder, source, '--key', datasets.key(name));
  try {
    const given = Math.floor(bytes / TIMES);
    // As many reads as fill a cache of this size as often as one of the full size.
    const amount = Math.max(2000, Math.round((reads * bytes) / 2 ** 29));
    const task = { out, name, records: await countLines(source), reads: amount, samples };
    const options = { frameCacheBytes: 0, recordCacheBytes: 0, hotSet: false };
    const cached = await reported('cache-memory-reads.mjs', { ...task, options: { ...options, [option]: given } }, GC);
    const control = await reported('cache-memory-reads.mjs', { ...task, options }, GC);
    const growth = cached.samples.map(({ bytes }, i) => ({
      reads: cached.samples[i].reads,
      ...{ cached: bytes, control: control.samples[i].bytes, net: bytes - control.samples[i].bytes },
    }));
    const most = growth.reduce((one, other) => (other.net > one.net ? other : one));
    const found = { what, given, bytes, reads: amount, growth, most, filledBytes: cached.filled[cache] };
    return { ...found, ratio: most.net / given, anonBytes: cached.anonBytes };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const GC = ['--expose-gc'];

function rowOf({ what, given, bytes, reads, filledBytes, most, ratio, anonBytes }) {
  return [
    ...[what, megabytes(given), megabytes(bytes), reads, megabytes(filledBytes)],
    ...[megabytes(most.cached), megabytes(most.control), megabytes(most.net), rounded(ratio), megabytes(anonBytes)],
  ];
}

function picture(results) {
  const values = results.flatMap(({ what, given, reads, growth }) =>
    [{ reads: 0, net: 0 }, ...growth].map((sample) => ({
      cache: what,
      share: +(sample.reads / reads).toFixed(4),
      percent: +((sample.net / given) * 100).toFixed(2),
    })),
  );
  const limit = (percent, dash) => ({
    data: { values: [{ percent }] },
    mark: { type: 'rule', strokeDash: dash },
    encoding: { y: { field: 'percent', type: 'quantitative' } },
  });
  const most = Math.ceil(Math.max(130, ...values.map(({ percent }) => percent)) / 10) * 10;
  return {
    name: 'cache-memory',
    alt: 'Memory of three caches while keys are read at random: it rises to the bytes that were given and stays there',
    spec: {
      title: {
        text: 'Memory of a cache, as a share of the bytes it was given',
        subtitle: 'random keys over data ten times as large; dashed: 10 % more than was given',
      },
      layer: [
        {
          data: { values },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            x: { field: 'share', type: 'quantitative', title: 'share of the reads', axis: { format: '.0%' } },
            y: {
              ...{ field: 'percent', type: 'quantitative', title: '% of the bytes given' },
              scale: { domain: [0, most] },
            },
            color: { field: 'cache', type: 'nominal', sort: null },
          },
        },
        limit(100, [1, 0]),
        limit(110, [4, 4]),
      ],
    },
  };
}
