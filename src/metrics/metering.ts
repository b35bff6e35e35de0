// What a store keeps to be measured by, and who is given the measures. Counting costs next to nothing and is always on;
// prom-client and the API of OpenTelemetry are loaded when they are asked for.

import type { StoreEmitter } from '../events.js';
import type { Catalog } from '../store/types.js';
import { ImportMeter } from './import-meter.js';
import type { Registry } from './prometheus.js';
import { ReadMeters } from './read-meters.js';
import { type MetricSources, type StoreMetrics, storeMetrics } from './store-metrics.js';

export class Metering {
  readonly reads = new ReadMeters();
  readonly imports: ImportMeter;
  readonly #events: StoreEmitter;
  readonly #openedAt = performance.now();
  #registry: Promise<Registry> | undefined;
  #instrumented: Promise<() => void> | undefined;

  constructor(events: StoreEmitter) {
    this.#events = events;
    this.imports = new ImportMeter((event) => events.tell('import', event));
  }

  /** @throws GristmillError STORE_CLOSED */
  metrics(catalog: Catalog, caches: MetricSources['caches']): StoreMetrics {
    const { reads, imports } = this;
    return storeMetrics({ openedAt: this.#openedAt, catalog, reads, imports, caches });
  }

  /** The same registry each time. @param metrics what `metrics` gives */
  registry(metrics: () => StoreMetrics): Promise<Registry> {
    this.#registry ??= import('./prometheus.js').then(({ prometheusRegistry }) =>
      prometheusRegistry(unlessClosed(metrics), this.reads.followers),
    );
    return this.#registry;
  }

  async instrument(metrics: () => StoreMetrics): Promise<void> {
    this.#instrumented ??= import('./opentelemetry.js').then(({ instrument }) =>
      instrument({
        metrics: unlessClosed(metrics),
        ...{ reads: this.reads.followers, imports: this.imports.followers },
        onRefresh: (listener) => this.#events.on('refresh', listener),
      }),
    );
    await this.#instrumented;
  }

  /** Nobody is told anything any more. Events told by then still come to whoever listens. */
  async close(): Promise<void> {
    const stop = await this.#instrumented;
    stop?.();
  }
}

/** A store that is closed, or cannot be read any more, has no metrics; whoever collects those of many goes on. */
function unlessClosed(metrics: () => StoreMetrics): () => StoreMetrics | undefined {
  return () => {
    try {
      return metrics();
    } catch {
      return undefined;
    }
  };
}
