// The metrics of a store for Prometheus, and the only file that imports prom-client. Nothing is kept up to date for it:
// the numbers are made when they are collected.
// biome-ignore-all lint/suspicious/noTsIgnore: it is an error only where the package is not installed

import { loadPackage } from '../base/load.js';
import type { OnSample } from '../lookup/cache/latency-sampler.js';
import { answeredLabel, METRICS, type MetricRow, prometheusName, READ_SECONDS, type Sample } from './metric-table.js';
import type { StoreMetrics } from './store-metrics.js';

// The last line goes into the declarations: a program without prom-client compiles, too.
/**
 * A registry of prom-client, an optional package.
 * @ts-ignore: it may be missing */
export type Registry = import('prom-client').Registry;

type Client = typeof import('prom-client');

/**
 * A registry with all metrics.
 * @param metrics undefined when there are none any more: the store is closed
 * @param followers told of the reads that are timed; the histogram is one of them from now on
 */
export function prometheusRegistry(metrics: () => StoreMetrics | undefined, followers: Set<OnSample>): Registry {
  const client = loadPackage<Client>('prom-client');
  const registry = new client.Registry();
  const now = onceATurn(metrics);
  for (const row of METRICS) {
    if (row.samples === undefined) addHistogram(client, registry, row, followers);
    else addValues(client, registry, row, row.samples, now);
  }
  return registry;
}

function addValues(
  { Counter, Gauge }: Client,
  registry: Registry,
  row: MetricRow,
  samples: (metrics: StoreMetrics) => readonly Sample[],
  now: () => StoreMetrics | undefined,
): void {
  const settings = settingsOf(registry, row);
  if (row.type === 'counter') {
    new Counter({
      ...settings,
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(samples, now())) this.inc(labels, value);
      },
    });
  } else {
    new Gauge({
      ...settings,
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(samples, now())) this.set(labels, value);
      },
    });
  }
}

function addHistogram({ Histogram }: Client, registry: Registry, row: MetricRow, followers: Set<OnSample>): void {
  const histogram = new Histogram({ ...settingsOf(registry, row), buckets: [...READ_SECONDS] });
  followers.add((collection, answer, seconds) => {
    histogram.observe({ collection, answered: answeredLabel(answer) }, seconds);
  });
}

function settingsOf(registry: Registry, row: MetricRow) {
  return { name: prometheusName(row), help: row.meaning, labelNames: [...row.labels], registers: [registry] };
}

function samplesOf(
  samples: (metrics: StoreMetrics) => readonly Sample[],
  metrics: StoreMetrics | undefined,
): readonly Sample[] {
  return metrics === undefined ? [] : samples(metrics);
}

/** A registry collects its metrics one after another: all of them are to be of one look at the store. */
function onceATurn<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => {
    if (seen === undefined) {
      seen = { value: look() };
      queueMicrotask(() => {
        seen = undefined;
      });
    }
    return seen.value;
  };
}
