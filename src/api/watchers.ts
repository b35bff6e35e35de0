// The watchers of a store: one for each collection, ended with the store. What watching takes is loaded with the first.

import type { StoreEmitter } from '../base/events.js';
import { pathsOf } from '../import/names/sources.js';
import type { ImportTarget } from '../import/work.js';
import type { ImportMeter } from '../metrics/import-meter.js';
import type { SyncOptions } from '../sources/sync.js';
import type { CompactOptions } from '../upkeep/compact/options.js';
import { resolveWatchOptions, type WatchOptions, watchOptionsOver } from '../watch/watch-options.js';
import type { Watcher } from '../watch/watcher.js';
import { type ImportDefaults, inVersionOf } from './importing.js';
import { later } from './load.js';

export type { Watcher, WatchOptions };

export class Watchers {
  readonly #tell: StoreEmitter['tell'];
  readonly #meter: ImportMeter;
  readonly #byCollection = new Map<string, Promise<Watcher>>();

  /** @param meter counts what they import */
  constructor(events: StoreEmitter, meter: ImportMeter) {
    this.#tell = events.tell.bind(events);
    this.#meter = meter;
  }

  /**
   * See `Store.watch`.
   * @param target its signal `closing` closes the watcher, as that of the options does
   */
  async start(
    target: Omit<ImportTarget, 'startWorkers'> & { readonly closing: AbortSignal },
    sources: readonly (string | URL)[],
    defaults: ImportDefaults,
    given?: WatchOptions,
  ): Promise<Watcher> {
    const options = inVersionOf(watchOptionsOver(defaults.below, given), defaults);
    pathsOf(sources);
    const { collection = 'records' } = resolveWatchOptions(options).importing;
    target.catalog.assertOpen();
    if (this.#byCollection.has(collection))
      throw new TypeError(`the collection ${collection} already has a watcher in this process`);
    const starting = this.#start(target, sources, options, () => this.#byCollection.delete(collection));
    this.#byCollection.set(collection, starting);
    return starting;
  }

  async #start(
    target: Omit<ImportTarget, 'startWorkers'> & { readonly closing: AbortSignal },
    sources: readonly (string | URL)[],
    options: WatchOptions,
    ended: () => void,
  ): Promise<Watcher> {
    try {
      const { startWatcher, compact, syncSources } = await later.load();
      const parts = {
        ...{ tell: this.#tell, ended },
        compact: (compacting: CompactOptions) => compact(target.catalog, target, compacting),
        sync: (paths: readonly string[], syncOptions: SyncOptions) =>
          this.#meter.observe(
            (observer) => syncSources({ ...target, observer }, paths, syncOptions),
            ({ report }) => (report === undefined ? [] : [report]),
          ),
      };
      const signal = options.signal ? AbortSignal.any([options.signal, target.closing]) : target.closing;
      return await startWatcher(parts, sources, { ...options, signal });
    } catch (error) {
      ended();
      throw error;
    }
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    for (const starting of this.#byCollection.values()) await (await starting.catch(() => undefined))?.close();
  }
}
