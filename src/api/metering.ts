// What a store keeps to be measured by, and who is given the measures. Counting costs next to nothing and is always on;
// prom-client and the API of OpenTelemetry are loaded when they are asked for.

import type { StoreEmitter } from '../base/events.js';
import type { Caches } from '../lookup/cache/caches.js';
import { ImportMeter } from '../metrics/import-meter.js';
import type { Registry } from '../metrics/prometheus.js';
import { type StoreMetrics, storeMetrics } from '../metrics/store-metrics.js';
import type { Catalog } from '../store/types.js';
import { later } from './load.js';

export class Metering {
  readonly imports: ImportMeter;
  readonly #events: StoreEmitter;
  readonly #catalog: Catalog;
  readonly #caches: Caches;
  readonly #openedAt = performance.now();
  #registry: Registry | undefined;
  /** Ends what `instrument` began. */
  #stop: (() => void) | undefined;
  #isClosed = false;

  constructor(events: StoreEmitter, catalog: Catalog, caches: Caches) {
    this.#events = events;
    this.#catalog = catalog;
    this.#caches = caches;
    this.imports = new ImportMeter((event) => events.tell('import', event));
  }

  /** @throws GristmillError STORE_CLOSED */
  metrics(): StoreMetrics {
    const catalog = this.#catalog;
    return storeMetrics({ openedAt: this.#openedAt, catalog, caches: this.#caches, imports: this.imports });
  }

  /** The same registry each time. @throws GristmillError IO_ERROR: it could not be loaded; the next call tries again */
  async registry(): Promise<Registry> {
    const { prometheusRegistry } = await later.load();
    this.#registry ??= prometheusRegistry(() => this.#unlessClosed(), this.#caches.timed);
    return this.#registry;
  }

  /** @throws GristmillError IO_ERROR: it could not be loaded; the next call tries again */
  async instrument(): Promise<void> {
    const { instrument } = await later.load();
    if (this.#isClosed) return;
    this.#stop ??= instrument({
      metrics: () => this.#unlessClosed(),
      ...{ reads: this.#caches.timed, imports: this.imports.followers },
      onRefresh: (listener) => this.#events.on('refresh', listener),
    });
  }

  /** Nobody is told anything any more. Events told by then still come to whoever listens. */
  close(): void {
    this.#isClosed = true;
    this.#stop?.();
  }

  /** A store that is closed, or cannot be read any more, has no metrics; whoever collects those of many goes on. */
  #unlessClosed(): StoreMetrics | undefined {
    try {
      return this.metrics();
    } catch {
      return undefined;
    }
  }
}
