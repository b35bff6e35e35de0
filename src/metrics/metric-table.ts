// Every metric in one table: what Prometheus and OpenTelemetry are given, and what docs/metrics.md lists. Names are those of
// OpenTelemetry; the names of Prometheus follow from them by the rule both have agreed on (`prometheusName`).

import { IMPORT_STAGES } from './import-totals.js';
import type { StoreMetrics } from './store-metrics.js';

type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];
type Samples = (metrics: StoreMetrics) => readonly Sample[];

export interface MetricRow {
  readonly name: string;
  /** A counter only grows while the store is open; a gauge is how things stand; a histogram is of sampled reads. */
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** As OpenTelemetry spells it: s, By, 1 for a share, {thing} for things. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly meaning: string;
  /** Absent for a histogram: it is told of each sample. */
  readonly samples?: Samples;
}

/** The one histogram: see LatencySampler. */
export const READ_DURATION = {
  ...{ name: 'gristmill.read.duration', type: 'histogram', unit: 's', labels: ['collection', 'answered'] },
  meaning: 'duration of reads, by where they were answered; about one read in 250 microseconds is timed',
} as const satisfies MetricRow;

/** Upper bounds of its buckets, in seconds: from a hit in memory to a slow disk. */
export const READ_SECONDS = [
  ...[1e-6, 2.5e-6, 5e-6, 10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6],
  ...[1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 100e-3, 1],
] as const;

export const METRICS: readonly MetricRow[] = [
  {
    ...{ name: 'gristmill.reads', type: 'counter', unit: '{read}', labels: ['collection', 'answered'] },
    meaning: 'records read by key, by where the read was answered',
    samples: each(({ reads: { recordCache, frameCache, total: _, ...reads } }) =>
      split('answered', { record_cache: recordCache, frame_cache: frameCache, ...reads }),
    ),
  },
  READ_DURATION,
  {
    ...{ name: 'gristmill.hit_ratio', type: 'gauge', unit: '1', labels: ['collection', 'in'] },
    meaning:
      'share of found records that came from the record cache (in: record_cache), and from any memory (in: memory)',
    samples: each(({ hitRatio }) => split('in', { record_cache: hitRatio.record, memory: hitRatio.memory })),
  },
  {
    ...{ name: 'gristmill.refreshes', type: 'counter', unit: '{refresh}', labels: ['collection', 'outcome'] },
    meaning: 'cached records refreshed in the background',
    samples: each(({ refreshes }) => split('outcome', refreshes)),
  },
  {
    ...{ name: 'gristmill.records.confirmed', type: 'counter', unit: '{record}', labels: ['collection'] },
    meaning: 'cached records found to be the same in a newer generation',
    samples: each(({ confirmed }) => [[{}, confirmed]]),
  },
  {
    ...{ name: 'gristmill.frames.prefetched', type: 'counter', unit: '{frame}', labels: ['collection'] },
    meaning: 'frames loaded in advance',
    samples: each(({ prefetched }) => [[{}, prefetched]]),
  },
  {
    ...{ name: 'gristmill.cache.dropped', type: 'counter', unit: '{entry}', labels: ['collection', 'cache', 'why'] },
    meaning: 'entries dropped to make room (evicted), or because of their age or because nobody read them (expired)',
    samples: each(({ evicted, expired }) => [
      ...split('cache', evicted, { why: 'evicted' }),
      ...split('cache', expired, { why: 'expired' }),
    ]),
  },
  {
    ...{ name: 'gristmill.cache.size', type: 'gauge', unit: 'By', labels: ['cache', 'collection'] },
    meaning: 'bytes in a cache; the label collection is empty for the shared cache',
    samples: eachCache(({ bytes }) => bytes),
  },
  {
    ...{ name: 'gristmill.cache.limit', type: 'gauge', unit: 'By', labels: ['cache', 'collection'] },
    meaning: 'greatest number of bytes in a cache',
    samples: eachCache(({ bytesMax }) => bytesMax),
  },
  {
    ...{ name: 'gristmill.cache.entries', type: 'gauge', unit: '{entry}', labels: ['cache', 'collection'] },
    meaning: 'entries in a cache',
    samples: eachCache(({ entries }) => entries),
  },
  {
    ...{ name: 'gristmill.background.jobs', type: 'gauge', unit: '{job}', labels: ['state'] },
    meaning: 'jobs that load frames in the background, running and queued',
    samples: ({ background }) => split('state', background),
  },
  {
    ...{ name: 'gristmill.imports', type: 'counter', unit: '{import}', labels: ['outcome'] },
    meaning: 'ended imports of this store object; a cancelled import counts as failed',
    samples: ({ imports }) => split('outcome', { done: imports.done, failed: imports.failed }),
  },
  {
    ...{ name: 'gristmill.import.running', type: 'gauge', unit: '{import}', labels: [] },
    meaning: 'running imports, including those that wait',
    samples: ({ imports }) => [[{}, imports.running]],
  },
  {
    ...{ name: 'gristmill.import.read', type: 'counter', unit: 'By', labels: [] },
    meaning: 'source bytes read by imports',
    samples: ({ imports }) => [[{}, imports.bytes]],
  },
  {
    ...{ name: 'gristmill.import.records', type: 'counter', unit: '{record}', labels: [] },
    meaning: 'records read from sources by imports',
    samples: ({ imports }) => [[{}, imports.records]],
  },
  {
    ...{ name: 'gristmill.import.stored', type: 'counter', unit: 'By', labels: [] },
    meaning: 'bytes of the shards that imports published',
    samples: ({ imports }) => [[{}, imports.storedBytes]],
  },
  {
    ...{ name: 'gristmill.import.stage', type: 'counter', unit: 's', labels: ['stage'] },
    meaning: 'time spent on a stage; from map to merge the sum over all threads',
    samples: ({ imports }) => IMPORT_STAGES.map((stage) => [{ stage }, imports.stages[stage].seconds]),
  },
  {
    ...{ name: 'gristmill.import.busy', type: 'counter', unit: 's', labels: [] },
    meaning: 'time that import threads were busy, the sum over all threads',
    samples: ({ imports }) => [[{}, imports.workers.busySeconds]],
  },
  {
    ...{ name: 'gristmill.import.capacity', type: 'counter', unit: 's', labels: [] },
    meaning: 'time that import threads existed, the sum over all threads; busy divided by capacity is the utilization',
    samples: ({ imports }) => [[{}, imports.workers.capacitySeconds]],
  },
  {
    ...{ name: 'gristmill.import.threads', type: 'gauge', unit: '{thread}', labels: ['state'] },
    meaning: 'import threads, busy and idle',
    samples: ({ imports: { workers } }) => split('state', { busy: workers.busy, idle: workers.threads - workers.busy }),
  },
  {
    ...{ name: 'gristmill.import.queued', type: 'gauge', unit: '{task}', labels: [] },
    meaning: 'spans and merges that wait for a thread',
    samples: ({ imports }) => [[{}, imports.workers.queued]],
  },
  {
    ...{ name: 'gristmill.catalog.generation', type: 'gauge', unit: '{publication}', labels: [] },
    meaning: 'number of publications so far, by all processes',
    samples: ({ catalog }) => [[{}, catalog.generation]],
  },
  {
    ...{ name: 'gristmill.catalog.records', type: 'gauge', unit: '{record}', labels: ['collection', 'state'] },
    meaning: 'records of a collection: live ones, and dead ones that still take space',
    samples: ({ catalog }) =>
      Object.entries(catalog.records).flatMap(([collection, counts]) => split('state', counts, { collection })),
  },
  {
    ...{ name: 'gristmill.catalog.readers', type: 'gauge', unit: '{slot}', labels: [] },
    meaning: 'reader slots of the index in use, by all processes; there are 2,048',
    samples: ({ catalog }) => [[{}, catalog.readers.count]],
  },
  {
    ...{ name: 'gristmill.catalog.behind', type: 'gauge', unit: '{transaction}', labels: [] },
    meaning: 'transactions committed since the oldest state that a reader still uses',
    samples: ({ catalog }) => [[{}, catalog.readers.oldest?.behind ?? 0]],
  },
  {
    ...{ name: 'gristmill.catalog.size', type: 'gauge', unit: 'By', labels: [] },
    meaning: 'bytes of the index file',
    samples: ({ catalog }) => [[{}, catalog.bytes]],
  },
  {
    ...{ name: 'gristmill.catalog.map', type: 'gauge', unit: 'By', labels: [] },
    meaning: 'bytes of address space that the index is mapped to',
    samples: ({ catalog }) => [[{}, catalog.mapBytes]],
  },
];

/** `gristmill.import.stage` in seconds, a counter: `gristmill_import_stage_seconds_total`. */
export function prometheusName({ name, type, unit }: MetricRow): string {
  const suffix = { s: '_seconds', By: '_bytes' }[unit] ?? '';
  return `${name.replaceAll('.', '_')}${suffix}${type === 'counter' ? '_total' : ''}`;
}

/** Names of `Answer` as labels. */
export function answeredLabel(answer: string): string {
  return answer.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A sample for each value of a label. */
function split(label: string, values: object, labels: Labels = {}): readonly Sample[] {
  return Object.entries(values).map(([value, number]) => [{ ...labels, [label]: value }, number]);
}

/** Samples of every collection that was read. */
function each(samples: (of: StoreMetrics['collections'][string]) => readonly Sample[]): Samples {
  return ({ collections }) =>
    Object.entries(collections).flatMap(([collection, metrics]) =>
      samples(metrics).map(([labels, value]): Sample => [{ collection, ...labels }, value]),
    );
}

function eachCache(value: (of: StoreMetrics['caches'][number]) => number): Samples {
  return ({ caches }) => caches.map((one) => [{ cache: one.cache, collection: one.collection ?? '' }, value(one)]);
}
